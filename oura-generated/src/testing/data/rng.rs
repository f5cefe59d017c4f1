//! Numbers that look random and are the same for the same seed, on every machine.

/// SplitMix64: small, and its numbers are fixed by its definition.
#[derive(Clone, Debug)]
pub(in crate::testing) struct Rng(u64);

impl Rng {
    /// Numbers that belong to a seed and a text.
    pub(in crate::testing) fn new(seed: u64, text: &str) -> Self {
        // FNV-1a.
        let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let label = text.bytes().fold(0xcbf2_9ce4_8422_2325, hash);
        let mut rng = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ label);
        rng.next();
        rng
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to 1, without 1.
    pub(in crate::testing) fn unit(&mut self) -> f64 {
        // 53 bits are exact in a float.
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// An index below `count`, which is not 0.
    pub(in crate::testing) fn below(&mut self, count: usize) -> usize {
        (self.next() % count.max(1) as u64) as usize
    }

    /// From `low` to `high`, both included.
    pub(in crate::testing) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + (self.next() % (high - low + 1).max(1).unsigned_abs()) as i64
    }

    /// Around 0, mostly within `spread`.
    pub(in crate::testing) fn around(&mut self, spread: f64) -> f64 {
        (self.unit() + self.unit() + self.unit() - 1.5) * spread
    }

    /// Whether something happens that has this probability.
    pub(in crate::testing) fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// A UUID of version 4.
    pub(in crate::testing) fn uuid(&mut self) -> String {
        let bits = u128::from(self.next()) << 64 | u128::from(self.next());
        uuid::Builder::from_random_bytes(bits.to_be_bytes())
            .into_uuid()
            .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_a_seed_never_change() {
        let mut rng = Rng::new(1, "alice");
        let numbers: Vec<i64> = (0..6).map(|_| rng.between(0, 99)).collect();
        assert_eq!(numbers, [4, 7, 25, 44, 59, 4]);
        assert_ne!(Rng::new(2, "alice").next(), Rng::new(1, "alice").next());
        assert_ne!(Rng::new(1, "bob").next(), Rng::new(1, "alice").next());
    }
}
