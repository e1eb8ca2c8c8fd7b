/// Makes a [`Store`](crate::store::Store) of a type with a [`Server`](super::Server) in its field
/// `server`.
macro_rules! impl_store {
    ($store:ty) => {
        #[async_trait::async_trait]
        impl $crate::store::Store for $store {
            fn contract(&self) -> u32 {
                $crate::store::CONTRACT
            }

            async fn get(
                &self,
                table: &'static Table,
                key: &[u8],
            ) -> Result<Option<Row>, StoreError> {
                let sql = &self.server.statements().of(table)?.get;
                let found = self.server.read(Call::new(sql, [Arg::Bytes(key)]), &[table]).await?;
                Ok(found.into_iter().flatten().next())
            }

            async fn find(
                &self,
                table: &'static Table,
                unique: &'static Unique,
                values: &[Value],
            ) -> Result<Option<Row>, StoreError> {
                let sql = self.server.statements().of(table)?.find(table, unique);
                let Some(sql) = sql.filter(|_| table.fits(unique.columns, values)) else {
                    return Err(StoreError::Unsupported(
                        "a look-up that is not one of the table's",
                    ));
                };
                let call = Call::new(sql, values.iter().map(Arg::from));
                Ok(self.server.read(call, &[table]).await?.into_iter().flatten().next())
            }

            async fn page(&self, page: &Page) -> Result<Vec<Row>, StoreError> {
                if let Some(flaw) = page.flaw() {
                    return Err(StoreError::Unsupported(flaw));
                }
                let pages = &self.server.statements().of(page.table)?.pages;
                let Some((sql, args)) = pages.of(page) else {
                    return Err(StoreError::Unsupported("a page that is not one of the table's"));
                };
                Ok(self.server.read(Call { sql, args }, &[page.table]).await?.concat())
            }

            async fn sessions(&self, digests: &[Digest]) -> Result<Vec<SessionRows>, StoreError> {
                let Some(call) = self.server.statements().sessions.of(digests)? else {
                    return Ok(Vec::new());
                };
                Ok(Sessions::read(self.server.read(call, &Sessions::TABLES).await?))
            }

            async fn commit(&self, batch: &Batch) -> Result<(), CommitError> {
                if let Some(flaw) = batch.flaw() {
                    return Err(StoreError::Unsupported(flaw).into());
                }
                match self.server.perform(Work::Commit(batch.clone())).await? {
                    Done::Committed | Done::Recognised => Ok(()),
                    _ => Err(CommitError::Failed(sql::mismatch())),
                }
            }

            async fn charge(
                &self,
                charges: &[Charge],
                now: OffsetDateTime,
            ) -> Result<Vec<Verdict>, StoreError> {
                let work = Work::Charge(charges.to_vec(), now);
                match self.server.perform(work).await.map_err(sql::failed)? {
                    Done::Charged(verdicts) => Ok(verdicts),
                    _ => Err(sql::mismatch()),
                }
            }

            async fn lease(&self, lease: &Lease) -> Result<Vec<Row>, StoreError> {
                match self.server.perform(Work::Lease(*lease)).await.map_err(sql::failed)? {
                    Done::Leased(rows) => Ok(rows),
                    _ => Err(sql::mismatch()),
                }
            }

            async fn purge(
                &self,
                table: &'static Table,
                before: OffsetDateTime,
                limit: u32,
            ) -> Result<u32, StoreError> {
                if self.server.statements().of(table)?.purge.is_none() {
                    return Err(StoreError::Unsupported(sql::NEVER_EXPIRES));
                }
                let work = Work::Purge { table, before, limit };
                match self.server.perform(work).await.map_err(sql::failed)? {
                    Done::Purged(count) => Ok(count),
                    _ => Err(sql::mismatch()),
                }
            }
        }
    };
}

pub(in crate::store) use impl_store;
