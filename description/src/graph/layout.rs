//! Where boxes and arrows stand: layers from left to right, as Sugiyama and others do it.
//!
//! 1. An arrow that closes a circle is turned around for the time being.
//! 2. Each box stands right of all that point at it.
//! 3. An arrow that goes past layers, or has a label, gets a lane in each of them: so nothing runs through a box.
//! 4. Boxes of a layer are ordered by the middle of their neighbours, and the order with the fewest crossings is kept.
//! 5. Each box moves towards its neighbours as far as the others let it.

use super::Drawing;

/// The size of a box, or of a lane with its label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Size {
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A box or a lane in its place; `x` and `y` are the upper left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Frame {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) size: Size,
}

/// Everything in its place.
#[derive(Debug)]
pub(super) struct Layout {
    /// One for each box.
    pub(super) boxes: Vec<Frame>,
    /// One for each arrow: the box where it begins, lanes, the box where it ends.
    pub(super) ways: Vec<Vec<Frame>>,
    /// For each arrow the place of its label.
    pub(super) labels: Vec<Option<Frame>>,
    pub(super) size: Size,
}

const BETWEEN_LAYERS: f64 = 46.0;
const BETWEEN_BOXES: f64 = 18.0;
const LANE: Size = Size { width: 0.0, height: 6.0 };
const SWEEPS: usize = 12;
/// Above this many arrows crossings are not counted any more: the last order is taken.
const MANY: usize = 400;

/// A box or a lane.
#[derive(Debug, Clone, Copy)]
struct Spot {
    layer: usize,
    size: Size,
}

/// Places the boxes, whose sizes are given, and the labels of arrows, where there are any.
pub(super) fn place(drawing: &Drawing, boxes: &[Size], labels: &[Option<Size>]) -> Layout {
    let arrows: Vec<(usize, usize)> = drawing.edges.iter().map(|edge| (edge.from, edge.to)).collect();
    let turned = turned(boxes.len(), &arrows);
    let forward: Vec<(usize, usize)> =
        arrows.iter().zip(&turned).map(|(&(from, to), turn)| if *turn { (to, from) } else { (from, to) }).collect();
    // A label stands in a layer of its own between two layers of boxes.
    let step = if labels.iter().any(Option::is_some) { 2 } else { 1 };
    let mut spots: Vec<Spot> = layers(drawing.nodes.iter().map(|node| node.column).collect(), &forward)
        .into_iter()
        .zip(boxes)
        .map(|(layer, size)| Spot { layer: layer * step, size: *size })
        .collect();
    let mut chains = Vec::new();
    let mut label_spots = vec![None; arrows.len()];
    for (number, &(from, to)) in forward.iter().enumerate() {
        let (first, last) = (spots[from].layer, spots[to].layer);
        let mut chain = vec![from];
        for layer in first + 1..last {
            // In the middle of its way, where the fewest others are near.
            let middle = (first + last) / 2 / step * step + (step - 1);
            let label = labels[number].filter(|_| layer == middle.clamp(first + 1, last - 1));
            if label.is_some() {
                label_spots[number] = Some(spots.len());
            }
            chain.push(spots.len());
            spots.push(Spot { layer, size: label.unwrap_or(LANE) });
        }
        chain.push(to);
        chains.push(chain);
    }
    let neighbours = Neighbours::new(spots.len(), &chains);
    let mut order = first_order(&spots);
    reorder(&mut order, &neighbours, arrows.len());
    let frames = frames(&spots, &order, &neighbours);
    let ways = chains.iter().zip(&turned).map(|(chain, turn)| {
        let mut way: Vec<Frame> = chain.iter().map(|spot| frames[*spot]).collect();
        if *turn {
            way.reverse();
        }
        way
    });
    let width = frames.iter().map(|frame| frame.x + frame.size.width).fold(0.0, f64::max);
    let height = frames.iter().map(|frame| frame.y + frame.size.height).fold(0.0, f64::max);
    Layout {
        ways: ways.collect(),
        labels: label_spots.into_iter().map(|spot| spot.map(|spot| frames[spot])).collect(),
        boxes: frames[..boxes.len()].to_vec(),
        size: Size { width, height },
    }
}

/// Which arrows close a circle, looked at depth first in the order given.
fn turned(nodes: usize, arrows: &[(usize, usize)]) -> Vec<bool> {
    let mut out: Vec<Vec<usize>> = vec![Vec::new(); nodes];
    for (number, (from, _)) in arrows.iter().enumerate() {
        out[*from].push(number);
    }
    let mut turned = vec![false; arrows.len()];
    // 0: not seen, 1: on the way, 2: done.
    let mut state = vec![0_u8; nodes];
    for start in 0..nodes {
        let mut way = vec![(start, 0)];
        if state[start] != 0 {
            continue;
        }
        state[start] = 1;
        while let Some((node, next)) = way.last_mut() {
            match out[*node].get(*next) {
                None => {
                    state[*node] = 2;
                    way.pop();
                }
                Some(&arrow) => {
                    *next += 1;
                    let to = arrows[arrow].1;
                    match state[to] {
                        0 => {
                            state[to] = 1;
                            way.push((to, 0));
                        }
                        1 => turned[arrow] = true,
                        _ => {}
                    }
                }
            }
        }
    }
    turned
}

/// One more than the highest layer that points here, and no less than where it stands already. An arrow to itself counts for nothing.
fn layers(mut layers: Vec<usize>, arrows: &[(usize, usize)]) -> Vec<usize> {
    let nodes = layers.len();
    let real: Vec<(usize, usize)> = arrows.iter().copied().filter(|(from, to)| from != to).collect();
    // There are no circles, so it is quiet after as many rounds as there are boxes at most.
    for _ in 0..nodes {
        let mut quiet = true;
        for &(from, to) in &real {
            if layers[to] <= layers[from] {
                layers[to] = layers[from] + 1;
                quiet = false;
            }
        }
        if quiet {
            break;
        }
    }
    // What nobody points at stands directly before what it points at.
    for node in 0..nodes {
        let is_pointed_at = real.iter().any(|(_, to)| *to == node);
        let nearest = real.iter().filter(|(from, _)| *from == node).map(|(_, to)| layers[*to]).min();
        if let (false, Some(nearest)) = (is_pointed_at, nearest) {
            layers[node] = nearest.saturating_sub(1);
        }
    }
    layers
}

/// Who is joined to whom, in the layer before and in the layer behind.
struct Neighbours {
    before: Vec<Vec<usize>>,
    behind: Vec<Vec<usize>>,
}

impl Neighbours {
    fn new(spots: usize, chains: &[Vec<usize>]) -> Self {
        let mut own = Neighbours { before: vec![Vec::new(); spots], behind: vec![Vec::new(); spots] };
        for pair in chains.iter().flat_map(|chain| chain.windows(2)) {
            own.behind[pair[0]].push(pair[1]);
            own.before[pair[1]].push(pair[0]);
        }
        own
    }
}

fn first_order(spots: &[Spot]) -> Vec<Vec<usize>> {
    let mut order = vec![Vec::new(); spots.iter().map(|spot| spot.layer + 1).max().unwrap_or(0)];
    for (number, spot) in spots.iter().enumerate() {
        order[spot.layer].push(number);
    }
    order
}

/// Sweeps from left to right and back, and keeps the best.
fn reorder(order: &mut Vec<Vec<usize>>, neighbours: &Neighbours, arrows: usize) {
    let mut best = order.clone();
    let mut fewest = if arrows > MANY { usize::MAX } else { crossings(order, neighbours) };
    for sweep in 0..SWEEPS {
        let forth = sweep % 2 == 0;
        let layers: Vec<usize> = if forth { (0..order.len()).collect() } else { (0..order.len()).rev().collect() };
        for layer in layers {
            let place = places(order);
            let sides = if forth { &neighbours.before } else { &neighbours.behind };
            let middle = |spot: &usize| {
                let near = &sides[*spot];
                let sum: f64 = near.iter().map(|other| place[*other]).sum();
                if near.is_empty() { place[*spot] } else { sum / near.len() as f64 }
            };
            let mut by_middle: Vec<(f64, usize)> = order[layer].iter().map(|spot| (middle(spot), *spot)).collect();
            // Stable: what is alike stays in declared order.
            by_middle.sort_by(|(a, _), (b, _)| a.total_cmp(b));
            order[layer] = by_middle.into_iter().map(|(_, spot)| spot).collect();
        }
        if arrows > MANY {
            continue;
        }
        let now = crossings(order, neighbours);
        if now < fewest {
            fewest = now;
            best.clone_from(order);
        }
    }
    if arrows <= MANY {
        *order = best;
    }
}

/// How far down each stands in its layer, from 0 to 1.
fn places(order: &[Vec<usize>]) -> Vec<f64> {
    let mut places = vec![0.0; order.iter().map(Vec::len).sum()];
    for layer in order {
        for (row, spot) in layer.iter().enumerate() {
            places[*spot] = (row as f64 + 0.5) / layer.len() as f64;
        }
    }
    places
}

fn crossings(order: &[Vec<usize>], neighbours: &Neighbours) -> usize {
    let mut row = vec![0; order.iter().map(Vec::len).sum()];
    for layer in order {
        for (number, spot) in layer.iter().enumerate() {
            row[*spot] = number;
        }
    }
    let mut crossed = 0;
    for layer in order {
        let pairs: Vec<(usize, usize)> =
            layer.iter().flat_map(|spot| neighbours.behind[*spot].iter().map(|to| (row[*spot], row[*to]))).collect();
        for (number, (from, to)) in pairs.iter().enumerate() {
            crossed += pairs[number + 1..]
                .iter()
                .filter(|(other, end)| from < other && to > end || from > other && to < end)
                .count();
        }
    }
    crossed
}

fn frames(spots: &[Spot], order: &[Vec<usize>], neighbours: &Neighbours) -> Vec<Frame> {
    let middles = middles(spots, order, neighbours);
    let top = (0..spots.len()).map(|spot| middles[spot] - spots[spot].size.height / 2.0).fold(f64::MAX, f64::min);
    let mut frames = vec![Frame { x: 0.0, y: 0.0, size: LANE }; spots.len()];
    let mut x = 0.0;
    for layer in order {
        let width = layer.iter().map(|spot| spots[*spot].size.width).fold(0.0, f64::max);
        for &spot in layer {
            let size = Size { width, height: spots[spot].size.height };
            frames[spot] = Frame { x, y: middles[spot] - size.height / 2.0 - top, size };
        }
        x += width + BETWEEN_LAYERS;
    }
    frames
}

/// How far down the middle of each is.
fn middles(spots: &[Spot], order: &[Vec<usize>], neighbours: &Neighbours) -> Vec<f64> {
    let mut middles = vec![0.0; spots.len()];
    for layer in order {
        let mut y = 0.0;
        for &spot in layer {
            middles[spot] = y + spots[spot].size.height / 2.0;
            y += spots[spot].size.height + BETWEEN_BOXES;
        }
    }
    for sweep in 0..2 * SWEEPS {
        let forth = sweep % 2 == 0;
        let layers: Vec<&Vec<usize>> = if forth { order.iter().collect() } else { order.iter().rev().collect() };
        for layer in layers {
            let wish = |spot: usize| {
                let (near, far) = (&neighbours.before[spot], &neighbours.behind[spot]);
                // At the end both sides count, so that nothing stands askew.
                let all: Vec<usize> = match (forth, sweep + 4 > 2 * SWEEPS) {
                    (_, true) => near.iter().chain(far).copied().collect(),
                    (true, false) => near.clone(),
                    (false, false) => far.clone(),
                };
                let sum: f64 = all.iter().map(|other| middles[*other]).sum();
                if all.is_empty() { middles[spot] } else { sum / all.len() as f64 }
            };
            let wishes: Vec<f64> = layer.iter().map(|spot| wish(*spot)).collect();
            let heights: Vec<f64> = layer.iter().map(|spot| spots[*spot].size.height).collect();
            for (spot, middle) in layer.iter().zip(apart(&wishes, &heights)) {
                middles[*spot] = middle;
            }
        }
    }
    middles
}

/// The places nearest to the wishes at which none stands in another: neighbours that would are moved as one block, whose wish is
/// the mean of theirs.
fn apart(wishes: &[f64], heights: &[f64]) -> Vec<f64> {
    struct Block {
        first: usize,
        sum: f64,
        number: f64,
        height: f64,
    }
    impl Block {
        fn top(&self) -> f64 {
            self.sum / self.number
        }
    }
    let mut blocks: Vec<Block> = Vec::new();
    for (at, (wish, height)) in wishes.iter().zip(heights).enumerate() {
        blocks.push(Block { first: at, sum: wish - height / 2.0, number: 1.0, height: height + BETWEEN_BOXES });
        while let [.., above, below] = blocks.as_mut_slice() {
            if above.top() + above.height <= below.top() {
                break;
            }
            // The wishes of the lower block, as wishes for the top of the whole.
            above.sum += below.sum - below.number * above.height;
            above.number += below.number;
            above.height += below.height;
            blocks.pop();
        }
    }
    let mut middles = vec![0.0; wishes.len()];
    for (number, block) in blocks.iter().enumerate() {
        let end = blocks.get(number + 1).map_or(wishes.len(), |next| next.first);
        let mut y = block.top();
        for at in block.first..end {
            middles[at] = y + heights[at] / 2.0;
            y += heights[at] + BETWEEN_BOXES;
        }
    }
    middles
}

#[cfg(test)]
mod tests {
    use super::super::{Arrow, Kind, Node};
    use super::*;

    fn placed(nodes: usize, arrows: &[(usize, usize)]) -> Layout {
        let drawing = Drawing {
            title: String::new(),
            nodes: (0..nodes).map(|_| Node::new("", Kind::Module)).collect(),
            edges: arrows.iter().map(|&(from, to)| Arrow::new(from, to)).collect(),
        };
        let size = Size { width: 100.0, height: 40.0 };
        place(&drawing, &vec![size; nodes], &vec![None; arrows.len()])
    }

    #[test]
    fn arrows_go_to_the_right_and_boxes_do_not_meet() {
        let layout = placed(6, &[(0, 1), (0, 2), (1, 3), (2, 3), (0, 3), (4, 3), (4, 5)]);
        for way in &layout.ways {
            assert!(way.windows(2).all(|pair| pair[0].x < pair[1].x), "{way:?}");
        }
        for (number, one) in layout.boxes.iter().enumerate() {
            for other in &layout.boxes[number + 1..] {
                let apart = one.x != other.x || (one.y - other.y).abs() >= 40.0;
                assert!(apart, "{one:?} {other:?}");
            }
            assert!(one.y >= 0.0 && one.y + 40.0 <= layout.size.height + 0.001);
        }
    }

    #[test]
    fn a_large_picture_is_drawn_and_no_box_meets_another() {
        let arrows: Vec<(usize, usize)> = (0..500).map(|n| (n * 7 % 200, n * 13 % 199)).collect();
        let layout = placed(200, &arrows);
        let mut seen: Vec<(i64, i64)> =
            layout.boxes.iter().map(|it| (it.x.round() as i64, it.y.round() as i64)).collect();
        seen.sort_unstable();
        let apart = |pair: &[(i64, i64)]| pair[0].0 != pair[1].0 || pair[1].1 - pair[0].1 >= 40;
        assert!(seen.windows(2).all(apart));
    }

    #[test]
    fn circles_and_loops_come_to_an_end() {
        let layout = placed(3, &[(0, 1), (1, 2), (2, 0), (1, 1)]);
        assert!(layout.ways[2][0].x > layout.ways[2].last().unwrap().x, "the one that closes the circle goes back");
    }

    #[test]
    fn what_can_stand_straight_stands_straight() {
        let layout = placed(4, &[(0, 1), (2, 3)]);
        assert_eq!((layout.boxes[0].y, layout.boxes[2].y), (layout.boxes[1].y, layout.boxes[3].y));
    }
}
