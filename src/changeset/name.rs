//! Job names: the identity of a restore at the site, because the API gives no other.
//!
//! `<plan>_<item>_<fingerprint>_<generation>_<attempt>`, which [`crate::model::DerivedName`] takes apart again. At most
//! 64 characters: an item's name that is too long is cut and ends in a hash of itself, so that it stays one item's own.

use crate::model::{FINGERPRINT_DIGITS, JobName, Slug, digest};

/// The longest name that we make; the service's limit is not documented.
const LONGEST: usize = 64;

/// Room for generation and attempt together, in digits.
const NUMBERS: usize = 7;

/// How many digits of its hash a cut name ends in.
const HASH: usize = 8;

/// The part of a job name that says which item of which plan it is.
pub fn item_key(plan: &Slug, item: &Slug) -> String {
    let room = LONGEST.saturating_sub(plan.as_str().len() + FINGERPRINT_DIGITS + NUMBERS + 4);
    let name = item.as_str();
    if name.len() <= room {
        return format!("{plan}_{name}");
    }
    let cut: String = name.chars().take(room.saturating_sub(HASH + 1)).collect();
    let hash = digest(&name).unwrap_or_default();
    let hash: String = hash.trim_start_matches("sha256:").chars().take(HASH).collect();
    format!("{plan}_{}-{hash}", cut.trim_end_matches('-'))
}

/// The name for one attempt.
pub fn derived_name(plan: &Slug, item: &Slug, fingerprint: &str, generation: u32, attempt: u32) -> JobName {
    JobName::new(format!("{}_{fingerprint}_{generation}_{attempt}", item_key(plan, item)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DerivedName;
    use proptest::prelude::*;

    fn slug(text: &str) -> Slug {
        Slug::parse(text).unwrap()
    }

    #[test]
    fn a_name_says_what_it_is() {
        let name = derived_name(&slug("bank-marketing"), &slug("model"), "4d90123456789", 2, 3);
        assert_eq!(name.as_str(), "bank-marketing_model_4d90123456789_2_3");
        let parts = DerivedName::parse(&name).unwrap();
        assert_eq!((parts.item_key.as_str(), parts.generation, parts.attempt), ("bank-marketing_model", 2, 3));
        for other in
            ["nightly", "a_b_c_d_e", "a_b_4d90123456789_1", "a_b_4d90123456789_x_1", "test_restore_job_rename_to"]
        {
            assert_eq!(DerivedName::parse(&JobName::new(other)), None, "{other}");
        }
    }

    #[test]
    fn long_names_are_cut_and_stay_their_own() {
        let plan = slug(&"p".repeat(30));
        let long = |end: &str| slug(&format!("{}-{end}", "x".repeat(60)));
        assert_ne!(item_key(&plan, &long("a")), item_key(&plan, &long("b")));
    }

    proptest! {
        #[test]
        fn every_name_fits_and_can_be_read_back(
            plan in "[a-z][a-z0-9]{0,29}", item in "[a-z][a-z0-9]{0,20}(-[a-z0-9]{1,20}){0,4}",
            generation in 1u32..1000, attempt in 1u32..10_000,
        ) {
            let name = derived_name(&slug(&plan), &slug(&item), "4d900ff00ff00", generation, attempt);
            prop_assert!(name.as_str().len() <= LONGEST, "{}", name);
            let parts = DerivedName::parse(&name).unwrap();
            prop_assert_eq!(parts.item_key, item_key(&slug(&plan), &slug(&item)));
            prop_assert_eq!((parts.generation, parts.attempt), (generation, attempt));
        }
    }
}
