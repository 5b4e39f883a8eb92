//! What fuzzing found once, and what it begins with, through the same checks.

#[path = "../../fuzz/src/lib.rs"]
mod bodies;

use std::path::Path;

#[test]
fn saved_inputs_pass() {
    for target in bodies::TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/fuzz").join(target.name);
        let mut inputs: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        inputs.sort();
        assert!(!inputs.is_empty(), "{} has no inputs", target.name);
        for input in inputs {
            println!("{}", input.display());
            (target.run)(&std::fs::read(&input).unwrap());
        }
    }
}
