//! The binary: everything is in the library.

use std::process::ExitCode;

/// Plans of a hundred thousand restores are mostly many small values: with the system's allocator, a check takes half as
/// long again (`docs/speed.md`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    restorectl::cli::main()
}
