//! The sample site on paper: which tables there are and what their columns hold.

/// What a column holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fill {
    /// The row's number.
    Row,
    /// A number that refers to a row of another table with so many rows.
    Ref(u64),
    /// A whole number in a range.
    Whole(u64, u64),
    /// An amount in a range, with cents.
    Amount(u64, u64),
    /// One of these.
    Word(&'static [&'static str]),
    /// This text and the row's number.
    Label(&'static str),
    /// A day within three years.
    Day,
    /// The day that follows that of the row before.
    NextDay,
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) fill: Fill,
    /// Whether its values change as time goes by.
    pub(super) drifts: bool,
}

/// A table of a sample database.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: &'static [Column],
    /// How many rows it began with, and how many more there are with every version.
    pub(super) rows: (u64, u64),
    /// Its stated size in megabytes, and how many more with every version.
    pub(super) megabytes: (u64, u64),
}

/// A database with its tables and what else it holds (type, name, text).
#[derive(Debug, Clone, Copy)]
pub(super) struct Database {
    pub(super) name: &'static str,
    pub(super) tables: &'static [Table],
    pub(super) others: &'static [(&'static str, &'static str, &'static str)],
}

const fn fixed(name: &'static str, fill: Fill) -> Column {
    Column { name, fill, drifts: false }
}

const fn drifting(name: &'static str, fill: Fill) -> Column {
    Column { name, fill, drifts: true }
}

const REGIONS: Fill = Fill::Word(&["north", "south", "east", "west", "centre"]);
const SEGMENTS: Fill = Fill::Word(&["retail", "premium", "business", "student"]);

pub(super) const ADW: Database = Database {
    name: "ADW",
    tables: &[
        Table {
            name: "customer",
            columns: &[
                fixed("customer_id", Fill::Row),
                fixed("name", Fill::Label("Customer ")),
                fixed("region", REGIONS),
                drifting("segment", SEGMENTS),
                drifting("balance", Fill::Amount(0, 25_000)),
            ],
            rows: (120, 6),
            megabytes: (410, 7),
        },
        Table {
            name: "orders",
            columns: &[
                fixed("order_id", Fill::Row),
                fixed("customer_id", Fill::Ref(120)),
                fixed("ordered_on", Fill::Day),
                drifting("status", Fill::Word(&["open", "packed", "shipped", "returned"])),
                fixed("total", Fill::Amount(5, 4_000)),
            ],
            rows: (240, 18),
            megabytes: (1_900, 45),
        },
        Table {
            name: "line_item",
            columns: &[
                fixed("line_id", Fill::Row),
                fixed("order_id", Fill::Ref(240)),
                fixed("item_id", Fill::Ref(80)),
                fixed("quantity", Fill::Whole(1, 12)),
                fixed("price", Fill::Amount(1, 900)),
            ],
            rows: (420, 30),
            megabytes: (4_600, 120),
        },
        Table {
            name: "calendar",
            columns: &[
                fixed("day_id", Fill::Row),
                fixed("day", Fill::NextDay),
                fixed("quarter", Fill::Word(&["Q1", "Q2", "Q3", "Q4"])),
            ],
            rows: (90, 7),
            megabytes: (3, 0),
        },
    ],
    others: &[(
        "VIEW",
        "order_totals",
        "REPLACE VIEW ADW.order_totals AS SELECT customer_id, COUNT(*) AS orders, SUM(total) AS total \
         FROM ADW.orders GROUP BY customer_id",
    )],
};

pub(super) const BANK_MARKETING: Database = Database {
    name: "BANK_MARKETING",
    tables: &[
        Table {
            name: "glm_bank_marketing_model",
            columns: &[
                fixed("attribute_id", Fill::Row),
                fixed("predictor", Fill::Label("predictor_")),
                drifting("estimate", Fill::Amount(0, 3)),
                drifting("std_error", Fill::Amount(0, 1)),
                fixed("significance", Fill::Word(&["***", "**", "*", ""])),
            ],
            rows: (48, 2),
            megabytes: (640, 10),
        },
        Table {
            name: "campaign_contacts",
            columns: &[
                fixed("contact_id", Fill::Row),
                fixed("customer_id", Fill::Ref(120)),
                fixed("channel", Fill::Word(&["cellular", "telephone", "mail", "branch"])),
                drifting("outcome", Fill::Word(&["unknown", "success", "failure", "other"])),
                fixed("contacted_on", Fill::Day),
            ],
            rows: (300, 25),
            megabytes: (1_200, 35),
        },
        Table {
            name: "model_scores",
            columns: &[
                fixed("customer_id", Fill::Row),
                drifting("score", Fill::Amount(0, 1)),
                drifting("decile", Fill::Whole(1, 10)),
            ],
            rows: (120, 6),
            megabytes: (880, 12),
        },
    ],
    others: &[(
        "MACRO",
        "refresh_scores",
        "REPLACE MACRO BANK_MARKETING.refresh_scores AS (UPDATE BANK_MARKETING.model_scores SET score = score;)",
    )],
};

pub(super) const BANKING: Database = Database {
    name: "BANKING",
    tables: &[
        Table {
            name: "accounts",
            columns: &[
                fixed("account_id", Fill::Row),
                fixed("customer_id", Fill::Ref(120)),
                fixed("kind", Fill::Word(&["current", "savings", "loan"])),
                drifting("balance", Fill::Amount(0, 90_000)),
            ],
            rows: (150, 4),
            megabytes: (310, 4),
        },
        Table {
            name: "transactions",
            columns: &[
                fixed("transaction_id", Fill::Row),
                fixed("account_id", Fill::Ref(150)),
                fixed("booked_on", Fill::Day),
                fixed("amount", Fill::Amount(1, 2_500)),
            ],
            rows: (500, 40),
            megabytes: (2_400, 60),
        },
    ],
    others: &[],
};

pub(super) const RETAIL: Database = Database {
    name: "RETAIL",
    tables: &[
        Table {
            name: "stores",
            columns: &[fixed("store_id", Fill::Row), fixed("name", Fill::Label("Store ")), fixed("region", REGIONS)],
            rows: (24, 0),
            megabytes: (4, 0),
        },
        Table {
            name: "items",
            columns: &[
                fixed("item_id", Fill::Row),
                fixed("name", Fill::Label("Item ")),
                drifting("price", Fill::Amount(1, 900)),
            ],
            rows: (80, 3),
            megabytes: (96, 2),
        },
        Table {
            name: "inventory",
            columns: &[
                fixed("line_id", Fill::Row),
                fixed("store_id", Fill::Ref(24)),
                fixed("item_id", Fill::Ref(80)),
                drifting("on_hand", Fill::Whole(0, 400)),
            ],
            rows: (360, 20),
            megabytes: (720, 25),
        },
    ],
    others: &[],
};

/// A backup execution: id, version of the data (none where it failed), age in hours.
pub(super) type Run = (i64, Option<u64>, i64);

/// A job: id, name, type, the databases it backs up, its executions.
pub(super) type Job = (i64, &'static str, &'static str, &'static [Database], &'static [Run]);

/// The site that is backed up.
pub(super) const PRODUCTION: &str = "TDICGC73149PP88";
/// The site to recover to.
pub(super) const RECOVERY: &str = "TDICGC73149PP99";

/// Databases of production, and the version that their data has come to; the newest backups are older.
pub(super) const LIVE: [(Database, u64); 4] = [(ADW, 4), (BANK_MARKETING, 4), (BANKING, 6), (RETAIL, 4)];

/// Databases without contents: site, name, kind.
pub(super) const EMPTY: [(&str, &str, &str); 7] = [
    (PRODUCTION, "DBC", "U"),
    (PRODUCTION, "SYSLIB", "D"),
    (RECOVERY, "ADW_DR", "D"),
    (RECOVERY, "BANKING_DR", "D"),
    (RECOVERY, "RETAIL_DR", "D"),
    (RECOVERY, "BANKING", "D"),
    (RECOVERY, "DBC", "U"),
];

/// The jobs of production.
pub(super) const JOBS: [Job; 4] = [
    (
        1412,
        "BANK_MARKETING and ADW weekly",
        "Backup",
        &[BANK_MARKETING, ADW],
        &[(5001, Some(1), 15 * 24), (5002, Some(2), 8 * 24), (5003, None, 24)],
    ),
    (
        1420,
        "BANKING daily",
        "Backup",
        &[BANKING],
        &[(6001, Some(1), 92), (6002, Some(2), 68), (6003, None, 44), (6004, Some(4), 20)],
    ),
    (1431, "RETAIL daily", "Backup", &[RETAIL], &[(7001, Some(1), 45), (7002, Some(2), 21)]),
    (1490, "RETAIL to the recovery site", "Restore", &[], &[]),
];
