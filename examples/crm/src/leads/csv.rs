//! Leads as a file for a spreadsheet.

use std::collections::HashMap;

use portcullis::{id::UserId, model::PersonName};

use super::Lead;
use crate::moment;

/// Writes leads as CSV (RFC 4180).
pub(crate) fn write(
    leads: &[Lead],
    names: &HashMap<UserId, PersonName>,
) -> Result<Vec<u8>, csv::Error> {
    let mut out = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::with_capacity(leads.len() * 96));
    out.write_record(["company", "contact", "stage", "added by", "added at"])?;
    for lead in leads {
        let name = names.get(&lead.added_by).map_or("", PersonName::as_str);
        let cells = [&lead.company, &lead.contact, &lead.stage, name].map(harmless);
        let at = moment::iso(lead.added_at);
        out.write_record(cells.iter().map(String::as_str).chain([at.as_str()]))?;
    }
    out.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

/// The cell, so that no spreadsheet takes it for a formula: what begins like one gets an
/// apostrophe in front, which spreadsheets take for "this is text".
fn harmless(cell: &str) -> String {
    // The wide forms are taken for the narrow ones by some; blanks in front are skipped by some.
    const BEGINNINGS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    let risky = cell.trim_start().starts_with(BEGINNINGS) || cell.starts_with(['\t', '\r', '\n']);
    if risky { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(company: &str) -> String {
        let lead = Lead {
            id: 1,
            company: company.into(),
            contact: "Ada, \"the first\"".into(),
            stage: "New".into(),
            added_by: UserId::NOBODY,
            added_at: time::OffsetDateTime::UNIX_EPOCH,
        };
        String::from_utf8(write(&[lead], &HashMap::new()).unwrap()).unwrap()
    }

    #[test]
    fn a_line_for_each_lead() {
        let expected = "company,contact,stage,added by,added at\r\n\
             Bell & Harbour,\"Ada, \"\"the first\"\"\",New,,1970-01-01T00:00:00Z\r\n";
        assert_eq!(file("Bell & Harbour"), expected);
    }

    #[test]
    fn no_cell_is_a_formula() {
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "  =1", "\t=1", "＝1", "\u{a0}=1"] {
            let written = file(cell);
            let line = written.lines().nth(1).unwrap().trim_start_matches('"');
            assert!(line.starts_with('\''), "{line}");
        }
        assert!(file("a=b").contains("\r\na=b,"));
    }
}
