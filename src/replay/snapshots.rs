//! Snapshots of a replay: where they lie, how many there are, how much memory they take together.
//!
//! Used by `replay::session`. Two kinds: *marks* lie evenly over the part of the run that was visited, and when
//! there are too many, every other one goes and the spacing doubles; *near* ones lie ever closer together
//! towards the place that was last gone to, so that a step back from there is short.

use super::image::{Image, Tracker};
use super::player::Parts;
use super::{Player, ReplayError};

/// What snapshots may cost. Work is counted in instructions; an event counts as [`EVENT_WORK`] of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Work between two marks at first.
    pub(super) spacing: u64,
    /// Most marks.
    pub(super) marks: usize,
    /// Least work between two near snapshots.
    pub(super) near_spacing: u64,
    /// Most near snapshots.
    pub(super) near: usize,
    /// Most pages held by all of them together. The first mark, one more and one near snapshot always stay.
    pub(super) pages: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            spacing: 10_000_000,
            marks: 48,
            near_spacing: 250_000,
            near: 16,
            pages: (512 << 20) / crate::guest::PAGE,
        }
    }
}

/// What repeating an event costs on average, in instructions.
const EVENT_WORK: u64 = 500;

struct Snapshot {
    rank: u64,
    work: u64,
    near: bool,
    parts: Parts,
    image: Image,
}

/// The snapshots of one replay.
pub(super) struct Snapshots {
    limits: Limits,
    spacing: u64,
    tracker: Tracker,
    /// By rank, ascending; the first is the start of the run and a mark.
    list: Vec<Snapshot>,
}

fn work(player: &Player) -> u64 {
    player.icount().0.saturating_add(player.applied().saturating_mul(EVENT_WORK))
}

impl Snapshots {
    /// The snapshots of a replay that stands at its start.
    pub(super) fn new(player: &Player, limits: Limits) -> Snapshots {
        let mut snapshots =
            Snapshots { limits, spacing: limits.spacing, tracker: Tracker::default(), list: Vec::new() };
        snapshots.take(player, 0, false);
        snapshots
    }

    /// The last snapshot at or before `rank`: its number and its rank.
    pub(super) fn before(&self, rank: u64) -> Option<(usize, u64)> {
        let at = self.list.partition_point(|s| s.rank <= rank).checked_sub(1)?;
        Some((at, self.list[at].rank))
    }

    /// Puts the player where snapshot `number` was taken.
    pub(super) fn restore(&mut self, number: usize, player: &mut Player) -> Result<(), ReplayError> {
        let snapshot = &self.list[number];
        let failed = |e| ReplayError::Host("guest memory", e);
        self.tracker.put(player.space(), &snapshot.image).map_err(failed)?;
        player.restore(snapshot.parts.clone());
        Ok(())
    }

    /// Takes a snapshot where the player stands, at `rank`, if one is due there. `left` is how much further it
    /// is going, in ranks.
    pub(super) fn pass(&mut self, player: &Player, rank: u64, left: u64) {
        let now = work(player);
        let before = &self.list[..self.list.partition_point(|s| s.rank <= rank)];
        let since = |snapshot: Option<&Snapshot>| now.saturating_sub(snapshot.map_or(0, |s| s.work));
        let mark = since(before.iter().rfind(|s| !s.near)) >= self.spacing;
        let near = left > 0 && since(before.last()) >= self.limits.near_spacing.max(left);
        if mark || near {
            self.take(player, rank, !mark);
        }
    }

    fn take(&mut self, player: &Player, rank: u64, near: bool) {
        let at = self.list.partition_point(|s| s.rank < rank);
        if let Some(there) = self.list.get_mut(at)
            && there.rank == rank
        {
            there.near &= near;
            return;
        }
        let image = self.tracker.take(player.space());
        let snapshot = Snapshot { rank, work: work(player), near, parts: player.parts(), image };
        self.list.insert(at, snapshot);
        self.trim(rank);
    }

    fn count(&self, near: bool) -> usize {
        self.list.iter().filter(|s| s.near == near).count()
    }

    fn trim(&mut self, here: u64) {
        while self.count(true) > self.limits.near {
            self.drop_farthest(here);
        }
        while self.count(false) > self.limits.marks.max(1) {
            self.thin_out();
        }
        while self.tracker.held() > self.limits.pages {
            if self.count(true) > 1 {
                self.drop_farthest(here);
            } else if self.count(false) > 2 {
                self.thin_out();
            } else {
                break;
            }
        }
    }

    /// Drops the near snapshot that is farthest from a rank.
    fn drop_farthest(&mut self, here: u64) {
        let near = self.list.iter().enumerate().filter(|(_, s)| s.near);
        if let Some((at, _)) = near.max_by_key(|(_, s)| s.rank.abs_diff(here)) {
            self.list.remove(at);
        }
    }

    /// Drops every other mark and doubles the spacing.
    fn thin_out(&mut self) {
        self.spacing = self.spacing.saturating_mul(2);
        let mut marks = 0;
        self.list.retain(|s| {
            marks += usize::from(!s.near);
            s.near || marks % 2 == 1
        });
    }

    #[cfg(test)]
    pub(super) fn figures(&self) -> (usize, usize, u64) {
        (self.count(false), self.count(true), self.tracker.held())
    }
}
