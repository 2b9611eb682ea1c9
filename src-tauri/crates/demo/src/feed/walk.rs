//! A random walk that is pulled home and kept within bounds: the shape of most simulated figures.

use fastrand::Rng;

/// A figure that wanders.
#[derive(Clone, Debug)]
pub(crate) struct Walk {
    value: f64,
    home: f64,
    step: f64,
    bounds: (f64, f64),
}

impl Walk {
    /// Starts somewhere near `home`; moves about `step` at a time, between the bounds.
    pub(crate) fn new(rng: &mut Rng, home: f64, step: f64, bounds: (f64, f64)) -> Self {
        let value = (home + 4.0 * step * bell(rng)).clamp(bounds.0, bounds.1);
        Self { value, home, step, bounds }
    }

    /// Takes one step and says where it is now.
    pub(crate) fn step(&mut self, rng: &mut Rng) -> f64 {
        let pull = 0.05 * (self.home - self.value);
        self.value = (self.value + pull + self.step * bell(rng)).clamp(self.bounds.0, self.bounds.1);
        self.value
    }

    /// Where it is.
    pub(crate) fn value(&self) -> f64 {
        self.value
    }
}

/// A number around zero with a spread of about one: the sum of a few even throws is close to a bell curve.
pub(crate) fn bell(rng: &mut Rng) -> f64 {
    (0..4).map(|_| rng.f64() - 0.5).sum::<f64>() * 1.732
}

/// Cut to this many decimal places, as a published figure is.
pub(crate) fn rounded(value: f64, places: i32) -> f64 {
    let scale = 10_f64.powi(places);
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::{Walk, bell, rounded};

    #[test]
    fn a_walk_stays_within_its_bounds_and_keeps_moving() {
        let mut rng = Rng::with_seed(1);
        let mut walk = Walk::new(&mut rng, 50.0, 20.0, (0.0, 100.0));
        let mut seen = Vec::new();
        for _ in 0..10_000 {
            seen.push(walk.step(&mut rng));
        }
        assert!(seen.iter().all(|value| (0.0..=100.0).contains(value)));
        assert!(seen.windows(2).filter(|pair| pair[0] != pair[1]).count() > 9_000);
    }

    #[test]
    fn throws_centre_on_zero_with_a_spread_near_one() {
        let mut rng = Rng::with_seed(2);
        let throws: Vec<f64> = (0..20_000).map(|_| bell(&mut rng)).collect();
        let mean = throws.iter().sum::<f64>() / 20_000.0;
        let variance = throws.iter().map(|throw| throw * throw).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.05, "{mean}");
        assert!((0.9..1.1).contains(&variance), "{variance}");
    }

    #[test]
    fn figures_are_cut_to_the_places_asked_for() {
        assert_eq!(rounded(1.23456, 2), 1.23);
        assert_eq!(rounded(-1.235, 1), -1.2);
    }
}
