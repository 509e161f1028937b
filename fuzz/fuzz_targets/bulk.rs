//! Bodies of bulk requests, by libFuzzer. What must hold is in `tests/inputs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| provost_test_inputs::bulk(input));
