//! The rows of the sample tables: always the same for the same table and version.

use serde_json::{Value, json};

use super::shapes::{Column, Fill, Table};

impl Table {
    /// The columns as `CREATE TABLE` takes them.
    pub(super) fn definition(&self) -> String {
        let column = |column: &Column| {
            let kind = match column.fill {
                Fill::Row => "INTEGER PRIMARY KEY",
                Fill::Ref(_) | Fill::Whole(..) => "INTEGER NOT NULL",
                Fill::Amount(..) => "REAL NOT NULL",
                Fill::Word(_) | Fill::Label(_) | Fill::Day | Fill::NextDay => "TEXT NOT NULL",
            };
            format!("{} {kind}", column.name)
        };
        self.columns.iter().map(column).collect::<Vec<_>>().join(", ")
    }

    /// Its stated size at a version.
    pub(super) fn bytes(&self, version: u64) -> u64 {
        let (first, more) = self.megabytes;
        // A few bytes more than whole megabytes, as real sizes are.
        (first + more * version) * 1_000_000 + seed(self.name, 0) % 1_000_000
    }

    /// Its rows at a version, as JSON arrays in the order of the columns.
    pub(super) fn rows(&self, version: u64) -> Value {
        let (first, more) = self.rows;
        let row = |row: u64| self.columns.iter().map(|column| self.value(column, row, version)).collect::<Vec<_>>();
        json!((1..=first + more * version).map(row).collect::<Vec<_>>())
    }

    fn value(&self, column: &Column, row: u64, version: u64) -> Value {
        // With every version a third of the rows gets new values in the columns that drift.
        let changes = if column.drifts { (version + row) / 3 } else { 0 };
        let draw = seed(self.name, seed(column.name, row.wrapping_mul(1_000).wrapping_add(changes)));
        let within = |low: u64, high: u64| low + draw % (high - low + 1);
        match column.fill {
            Fill::Row => json!(row),
            Fill::Ref(rows) => json!(within(1, rows)),
            Fill::Whole(low, high) => json!(within(low, high)),
            Fill::Amount(low, high) => json!(within(low * 100, high * 100) as f64 / 100.0),
            Fill::Word(words) => json!(words.get(draw as usize % words.len().max(1))),
            Fill::Label(text) => json!(format!("{text}{row:04}")),
            Fill::Day => json!(day(draw % 1096)),
            Fill::NextDay => json!(day(row)),
        }
    }
}

/// The day so many days after the first of 2024.
fn day(after: u64) -> String {
    let start = jiff::civil::date(2024, 1, 1);
    let days = jiff::Span::new().try_days(i64::try_from(after).unwrap_or(0)).unwrap_or_default();
    start.saturating_add(days).to_string()
}

/// Spreads a name and a number over all bits (FNV-1a, then one step of SplitMix64).
fn seed(name: &str, number: u64) -> u64 {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = name.bytes().chain(number.to_le_bytes()).fold(0xcbf2_9ce4_8422_2325, mix);
    let mut z = hash.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::super::shapes::{ADW, BANK_MARKETING, BANKING, RETAIL};

    #[test]
    fn rows_are_the_same_every_time_and_differ_between_versions() {
        for table in [ADW, BANK_MARKETING, BANKING, RETAIL].iter().flat_map(|database| database.tables) {
            assert_eq!(table.rows(2), table.rows(2), "{}", table.name);
            // Stores never change; all else grows or drifts.
            assert_eq!(table.rows(1) == table.rows(2), table.name == "stores", "{}", table.name);
            let rows = table.rows(1);
            assert!(rows.as_array().unwrap().len() >= 20, "{}", table.name);
            let width = table.columns.len();
            assert!(rows.as_array().unwrap().iter().all(|row| row.as_array().unwrap().len() == width));
            assert!(table.bytes(1) > 1_000_000);
        }
    }

    #[test]
    fn the_first_row_of_a_table_is_fixed_for_ever() {
        insta::assert_snapshot!(BANKING.tables[0].rows(1)[0], @r#"[1,114,"loan",63297.59]"#);
    }
}
