use crate::store::{
    BudgetState, Corrupt, Row, Table,
    record::{Reader, bytes, count, time},
    tables,
};

impl BudgetState {
    const TABLE: &'static Table = &tables::BUDGETS;

    /// The row of the budget with this key.
    #[must_use]
    pub fn to_row(&self, key: &[u8; 32]) -> Row {
        Row::new(vec![bytes(key), count(self.count), time(self.at), time(self.expires_at)])
    }

    /// Reads a budget's row.
    ///
    /// # Errors
    /// [`Corrupt`] where a value is not what the column says.
    pub fn from_row(row: &Row) -> Result<Self, Corrupt> {
        let mut r = Reader::new(Self::TABLE, row);
        let _key = r.blob()?;
        Ok(Self { count: r.count()?, at: r.time()?, expires_at: r.time()? })
    }
}
