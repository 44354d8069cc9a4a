//! What many nodes are together, and which of them come first, without more looks than a frame has time for.

use smallvec::SmallVec;

use super::{NodeId, ROOT, TokenId, Tree};
use crate::util::time::Timestamp;

/// So many nodes are put in order as they are; of more, it is first found out which are needed.
const FEW: usize = 2_048;
/// A token that is not among those that are looked for.
const ABSENT: u32 = u32::MAX;
/// A token that is among them, but not among the first.
const LEFT_OUT: u32 = u32::MAX - 1;

/// What nodes are together, without a look at each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sum {
    /// Messages, of everything below too.
    pub messages: u64,
    /// Bytes of their payloads.
    pub bytes: u64,
    /// Messages of subjects below that have no node of their own.
    pub untold: u64,
    /// When the last came.
    pub seen: Timestamp,
    /// The node whose own message came last; none where they are levels only.
    pub newest: Option<NodeId>,
    /// Whether there is anything below them.
    pub has_below: bool,
}

impl Tree {
    /// One node as a sum of its own.
    pub fn sum_of(&self, id: NodeId) -> Sum {
        let node = self.node(id);
        Sum {
            messages: node.messages,
            bytes: node.bytes,
            untold: node.untold,
            seen: node.seen,
            newest: (node.own > 0).then_some(id),
            has_below: !node.children.is_empty(),
        }
    }

    /// The sum of all nodes right below these, but for some. It looks at these only, so that it takes no longer for very
    /// many values than for few.
    pub fn sum_below(&self, parents: &[NodeId], but: &[NodeId]) -> Sum {
        let mut sum = Sum::default();
        let mut grandchildren = 0;
        for parent in parents.iter().map(|id| self.node(*id)) {
            sum.messages += parent.messages - parent.own - parent.untold;
            sum.bytes += parent.bytes - parent.here_bytes;
            sum.untold += parent.untold_below;
            grandchildren += u64::from(parent.grandchildren);
            if parent.last != ROOT && !but.contains(&parent.last) {
                sum.seen = sum.seen.max(self.node(parent.last).seen);
            }
            if parent.newest != ROOT && !but.contains(&parent.newest) {
                self.put_newer(&mut sum, parent.newest);
            }
        }
        for node in but.iter().map(|id| self.node(*id)) {
            sum.messages -= node.messages;
            sum.bytes -= node.bytes;
            sum.untold -= node.untold;
            grandchildren -= node.children.len() as u64;
        }
        sum.has_below = grandchildren > 0;
        sum
    }

    /// Adds another sum.
    pub fn add_sum(&self, sum: &mut Sum, other: Sum) {
        sum.messages += other.messages;
        sum.bytes += other.bytes;
        sum.untold += other.untold;
        sum.seen = sum.seen.max(other.seen);
        sum.has_below |= other.has_below;
        if let Some(newest) = other.newest {
            self.put_newer(sum, newest);
        }
    }

    fn put_newer(&self, sum: &mut Sum, newest: NodeId) {
        let seen = |id: NodeId| self.node(id).seen;
        if sum.newest.is_none_or(|own| seen(newest) >= seen(own)) {
            sum.newest = Some(newest);
        }
    }

    /// The nodes right below these, but for some, together by token: the first `most` in the order of their texts, and
    /// how many more there are.
    pub fn first_below(
        &self,
        parents: &[NodeId],
        but: &[NodeId],
        most: usize,
    ) -> (Vec<SmallVec<[NodeId; 1]>>, usize) {
        let children = || {
            let all = parents.iter().flat_map(|parent| &self.node(*parent).children);
            all.copied().filter(|child| !but.contains(child))
        };
        let token = |id: NodeId| self.token_of[id as usize];
        let order = |a: &TokenId, b: &TokenId| {
            let begin = |token: &TokenId| self.begins[*token as usize];
            let text = |token: &TokenId| &self.tokens[*token as usize];
            begin(a).cmp(&begin(b)).then_with(|| text(a).cmp(text(b)))
        };
        if self.children_of(parents) <= FEW {
            let mut all: Vec<NodeId> = children().collect();
            all.sort_by(|a, b| order(&token(*a), &token(*b)));
            let mut groups = all.chunk_by(|a, b| token(*a) == token(*b));
            let first = groups.by_ref().take(most).map(SmallVec::from_slice).collect();
            return (first, groups.count());
        }
        let mut place_of = vec![ABSENT; self.tokens.len()];
        let mut tokens: Vec<TokenId> = Vec::new();
        for child in children().map(token) {
            if place_of[child as usize] == ABSENT {
                place_of[child as usize] = LEFT_OUT;
                tokens.push(child);
            }
        }
        let left_out = tokens.len().saturating_sub(most);
        if left_out > 0 {
            // Only those that are shown need an order among themselves.
            if most > 0 {
                tokens.select_nth_unstable_by(most, order);
            }
            tokens.truncate(most);
        }
        tokens.sort_unstable_by(order);
        for (place, token) in (0..).zip(&tokens) {
            place_of[*token as usize] = place;
        }
        let mut together: Vec<SmallVec<[NodeId; 1]>> = vec![SmallVec::new(); tokens.len()];
        for child in children() {
            let place = place_of[token(child) as usize];
            if place != LEFT_OUT {
                together[place as usize].push(child);
            }
        }
        (together, left_out)
    }

    /// How many different tokens stand right below these nodes.
    pub fn tokens_below(&self, parents: &[NodeId]) -> usize {
        if let [parent] = parents {
            // Those below one node differ.
            return self.node(*parent).children.len();
        }
        if self.children_of(parents) <= FEW {
            let children = parents.iter().flat_map(|parent| &self.node(*parent).children);
            let mut tokens: Vec<TokenId> = children.map(|child| self.token_of[*child as usize]).collect();
            tokens.sort_unstable();
            tokens.dedup();
            return tokens.len();
        }
        let mut seen = vec![0_u64; self.tokens.len().div_ceil(64)];
        let mut count = 0;
        for child in parents.iter().flat_map(|parent| &self.node(*parent).children) {
            let token = self.token_of[*child as usize] as usize;
            let bit = 1 << (token % 64);
            count += usize::from(seen[token / 64] & bit == 0);
            seen[token / 64] |= bit;
        }
        count
    }

    fn children_of(&self, parents: &[NodeId]) -> usize {
        parents.iter().map(|id| self.node(*id).children.len()).sum()
    }
}
