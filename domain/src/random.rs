//! Seeded randomness: one generator (xoshiro256++, Blackman and Vigna 2019; seeded by `SplitMix64`) and the few
//! distributions that the audience and the bandit draw from, all by libm, so that a seed gives the same bytes on any machine.
//!
//! Not for cryptography.

use crate::math;

/// A generator with a 256-bit state. Never seeded from the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generator {
    state: [u64; 4],
}

impl Generator {
    /// A generator for `seed`; equal seeds give equal sequences.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut split = seed;
        let mut next = || {
            split = split.wrapping_add(0x9e37_79b9_7f4a_7c15);
            mix(split)
        };
        Self { state: [next(), next(), next(), next()] }
    }

    /// A generator for named parts (an application id, a session, a tick): see [`seed_of`].
    #[must_use]
    pub fn of(parts: &[&[u8]]) -> Self {
        Self::new(seed_of(parts))
    }

    /// 64 uniform bits.
    pub fn next_u64(&mut self) -> u64 {
        let [s0, s1, s2, s3] = self.state;
        let result = s0.wrapping_add(s3).rotate_left(23).wrapping_add(s0);
        let (s2, s3) = (s2 ^ s0, s3 ^ s1);
        self.state = [s0 ^ s3, s1 ^ s2, s2 ^ (s1 << 17), s3.rotate_left(45)];
        result
    }

    /// Uniform in [0, 1), 53 bits.
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// Uniform in 0..n; 0 for n = 0. By multiplication, without modulo bias worth naming (2^-64 n).
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(n)) >> 64) as u64
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// Normal(mean, sd) by Box and Muller (one of the pair is thrown away: no hidden state).
    pub fn normal(&mut self, mean: f64, sd: f64) -> f64 {
        let radius = math::sqrt(-2.0 * math::ln(1.0 - self.uniform()));
        mean + sd * radius * math::cos(2.0 * core::f64::consts::PI * self.uniform())
    }

    /// Exponential with this rate (> 0).
    pub fn exponential(&mut self, rate: f64) -> f64 {
        -math::ln(1.0 - self.uniform()) / rate
    }

    /// Pareto with minimum 1 and this shape (> 0).
    pub fn pareto(&mut self, shape: f64) -> f64 {
        math::pow(1.0 - self.uniform(), -1.0 / shape)
    }

    /// Gamma(shape, 1), by Marsaglia and Tsang 2000.
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let boost = math::pow(1.0 - self.uniform(), 1.0 / shape);
            return self.gamma(shape + 1.0) * boost;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / math::sqrt(9.0 * d);
        loop {
            let x = self.normal(0.0, 1.0);
            let v = 1.0 + c * x;
            if v <= 0.0 {
                continue;
            }
            let v = v * v * v;
            if math::ln(1.0 - self.uniform()) < 0.5 * x * x + d - d * v + d * math::ln(v) {
                return d * v;
            }
        }
    }

    /// Beta(a, b).
    pub fn beta(&mut self, a: f64, b: f64) -> f64 {
        let x = self.gamma(a);
        x / (x + self.gamma(b))
    }

    /// Poisson with this mean: by counting exponentials up to 30, in chunks above (a sum of Poissons is Poisson); above
    /// 10,000 the normal approximation.
    pub fn poisson(&mut self, mean: f64) -> u64 {
        if mean <= 0.0 {
            return 0;
        }
        if mean > 10_000.0 {
            return self.normal(mean, math::sqrt(mean)).max(0.0) as u64;
        }
        let mut left = mean;
        let mut count = 0;
        while left > 0.0 {
            let chunk = left.min(30.0);
            left -= chunk;
            let limit = math::exp(-chunk);
            let mut product = 1.0 - self.uniform();
            while product > limit {
                count += 1;
                product *= 1.0 - self.uniform();
            }
        }
        count
    }
}

/// A 64-bit seed from parts: FNV-1a over each part and its length, finished by `SplitMix64`. A stable format: decisions that
/// were recorded are recomputed from it.
#[must_use]
pub fn seed_of(parts: &[&[u8]]) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut feed = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    for part in parts {
        (part.len() as u64).to_le_bytes().into_iter().for_each(&mut feed);
        part.iter().copied().for_each(&mut feed);
    }
    mix(hash)
}

fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reference implementation's first outputs for the state 1, 2, 3, 4.
    #[test]
    fn the_generator_is_xoshiro256_plus_plus() {
        let mut generator = Generator { state: [1, 2, 3, 4] };
        let drawn: Vec<u64> = (0..4).map(|_| generator.next_u64()).collect();
        assert_eq!(drawn, [41_943_041, 58_720_359, 3_588_806_011_781_223, 3_591_011_842_654_386]);
    }

    #[test]
    fn parts_are_told_apart_by_their_bounds() {
        assert_ne!(seed_of(&[b"ab", b"c"]), seed_of(&[b"a", b"bc"]));
        assert_eq!(seed_of(&[b"ab", b"c"]), seed_of(&[b"ab", b"c"]));
    }

    #[test]
    fn distributions_have_their_means_and_variances() {
        type Draw = fn(&mut Generator) -> f64;
        let cases: [(&str, Draw, f64, f64); 7] = [
            ("uniform", |g| g.uniform(), 0.5, 1.0 / 12.0),
            ("normal", |g| g.normal(2.0, 3.0), 2.0, 9.0),
            ("exponential", |g| g.exponential(0.5), 2.0, 4.0),
            ("gamma 0.5", |g| g.gamma(0.5), 0.5, 0.5),
            ("gamma 4", |g| g.gamma(4.0), 4.0, 4.0),
            ("beta 2 3", |g| g.beta(2.0, 3.0), 0.4, 0.04),
            ("poisson 70", |g| g.poisson(70.0) as f64, 70.0, 70.0),
        ];
        for (name, draw, mean, variance) in cases {
            let mut generator = Generator::new(11);
            let n = 40_000.0;
            let drawn: Vec<f64> = (0..n as usize).map(|_| draw(&mut generator)).collect();
            let m = drawn.iter().sum::<f64>() / n;
            let v = drawn.iter().map(|x| (x - m) * (x - m)).sum::<f64>() / n;
            assert!((m - mean).abs() < 5.0 * (variance / n).sqrt(), "{name}: mean {m}");
            assert!((v / variance - 1.0).abs() < 0.06, "{name}: variance {v}");
        }
    }
}
