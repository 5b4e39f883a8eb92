#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    restorectl_fuzz::rules::run(bytes);
});
