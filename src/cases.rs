//! The cases of property tests: the same in every run, so that none fails by chance. `PROPTEST_RNG_SEED` makes others, for who looks further.

use proptest::test_runner::{Config, RngSeed};

pub fn fixed(count: u32) -> Config {
    let asked = Config::with_cases(count);
    let rng_seed = match asked.rng_seed {
        RngSeed::Random => RngSeed::Fixed(1),
        chosen => chosen,
    };
    Config {
        rng_seed,
        failure_persistence: None,
        ..asked
    }
}
