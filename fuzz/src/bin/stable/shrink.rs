//! The smallest input that still fails.

/// Takes pieces out, large ones first, as long as the rest still fails.
pub fn shrink(mut input: Vec<u8>, fails: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut piece = input.len().div_ceil(2);
    while piece > 0 {
        let mut at = 0;
        while at < input.len() {
            let end = (at + piece).min(input.len());
            let rest: Vec<u8> = input[..at].iter().chain(&input[end..]).copied().collect();
            if fails(&rest) {
                input = rest;
            } else {
                at = end;
            }
        }
        piece /= 2;
    }
    input
}
