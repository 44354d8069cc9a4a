//! Where on the cross axis each slot stands: as near to its neighbours as its layer allows.

use super::layers::Layered;

/// How often every layer follows its neighbours, down and up.
const ROUNDS: usize = 6;

/// The cells a slot needs on both sides of its centre; the centre itself counts to neither.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    pub before: usize,
    pub after: usize,
}

/// The centre of every slot. Centres may be negative; only their differences matter.
pub(super) fn place(layered: &Layered, extents: &[Extent], gap: impl Fn(usize, usize) -> usize) -> Vec<i32> {
    let mut centre = vec![0.0; extents.len()];
    let distances: Vec<Vec<f64>> = layered
        .layers
        .iter()
        .map(|layer| {
            let between = |pair: &[usize]| {
                let (a, b) = (extents[pair[0]], extents[pair[1]]);
                (a.after + gap(pair[0], pair[1]) + b.before + 1) as f64
            };
            layer.windows(2).map(between).collect()
        })
        .collect();
    for (layer, distances) in layered.layers.iter().zip(&distances) {
        settle(layer, distances, &mut centre);
    }
    for round in 0..ROUNDS {
        let downwards = round % 2 == 0;
        let count = layered.layers.len();
        for step in 1..count {
            let at = if downwards { step } else { count - 1 - step };
            follow_neighbours(layered, at, downwards, &mut centre);
            settle(&layered.layers[at], &distances[at], &mut centre);
        }
    }
    centre.into_iter().map(|centre| centre as i32).collect()
}

/// Wishes every slot of a layer to the middle of its neighbours in the layer before or after.
fn follow_neighbours(layered: &Layered, layer: usize, downwards: bool, centre: &mut [f64]) {
    for &slot in &layered.layers[layer] {
        let neighbours = layered.segments.iter().filter_map(|segment| match downwards {
            true => (segment.to == slot).then_some(segment.from),
            false => (segment.from == slot).then_some(segment.to),
        });
        let (sum, count) = neighbours.fold((0.0, 0.0), |(sum, n), at| (sum + centre[at], n + 1.0));
        if count > 0.0 {
            centre[slot] = sum / count;
        }
    }
}

/// Moves a layer's slots as little as possible (in squares) so that they keep their distances: after
/// taking the distances away this is isotonic regression, which pools neighbours that are in each
/// other's way.
fn settle(layer: &[usize], distances: &[f64], centre: &mut [f64]) {
    let mut offset = 0.0;
    let mut offsets = Vec::with_capacity(layer.len());
    // Pools of slots that move as one: the sum of their wishes, and how many they are.
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for (at, &slot) in layer.iter().enumerate() {
        if at > 0 {
            offset += distances[at - 1];
        }
        offsets.push(offset);
        let mut pool = (centre[slot] - offset, 1);
        while let Some(&(sum, count)) = pools.last() {
            if sum / count as f64 <= pool.0 / pool.1 as f64 {
                break;
            }
            pool = (pool.0 + sum, pool.1 + count);
            pools.pop();
        }
        pools.push(pool);
    }
    let wished = pools
        .iter()
        .flat_map(|&(sum, count)| std::iter::repeat_n((sum / count as f64).round(), count));
    for ((&slot, offset), at) in layer.iter().zip(offsets).zip(wished) {
        centre[slot] = at + offset;
    }
}
