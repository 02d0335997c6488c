//! What a block says about its events, so that searches, statistics and time lines can do without them.
//! Made by the writer's thread, read with the block's head.

use crate::columns::Hot;
use crate::kind::EventKind;
use crate::units::{Cycles, Tid};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// More threads than this are not listed.
const MAX_TIDS: usize = 64;

/// Counts over the events of one block, or of several after [`Summary::merge`].
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Summary {
    /// Threads that occur, ascending; none if there are more than 64.
    pub tids: Option<Vec<Tid>>,
    /// Events by kind number, ascending, those that occur.
    pub kinds: Vec<(u8, u32)>,
    /// System calls by number, ascending, those that occur. A call that stands in two events is counted at its
    /// exit.
    pub calls: Vec<CallSum>,
    /// vDSO exits by [`Hot::aux`] byte, ascending, those that occur.
    pub vdso: Vec<(u8, u32)>,
    /// Reseed attempts by [`Hot::aux`] byte, ascending, those that occur.
    pub reseeds: Vec<(u8, u32)>,
    /// Fast-path calls: clock_gettime, gettimeofday, clock_getres, getcpu.
    pub hits: [u64; 4],
    /// System calls that returned an errno.
    pub errors: u32,
    /// System calls with kernel remarks (not implemented, refused).
    pub flagged: u32,
    /// The longest system call.
    pub max_dur: Cycles,
    /// Digest of kinds, system call numbers and results in order: equal blocks of two runs have equal ones.
    /// Meaningless after [`Summary::merge`].
    pub digest: u64,
}

/// Sums over the calls of one system call number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct CallSum {
    /// Its number.
    pub nr: u32,
    /// How many.
    pub count: u32,
    /// How many returned an errno.
    pub errors: u32,
    /// Sum of the durations.
    pub total: Cycles,
    /// Longest duration.
    pub max: Cycles,
}

impl Summary {
    /// Over decoded hot columns.
    pub(crate) fn of(hot: &Hot, hits: [u64; 4], digest: u64) -> Summary {
        let mut tids: Vec<Tid> = Vec::new();
        let mut kinds = [0u32; 256];
        let mut reseeds = [0u32; 256];
        let mut vdso = [0u32; 256];
        let mut calls: BTreeMap<u32, CallSum> = BTreeMap::new();
        let mut sum = Summary { hits, digest, ..Summary::default() };
        for at in 0..hot.len() {
            let tid = Tid(hot.tid[at]);
            if tids.last() != Some(&tid) && tids.len() <= MAX_TIDS && !tids.contains(&tid) {
                tids.push(tid);
            }
            kinds[usize::from(hot.kind[at])] += 1;
            let aux = usize::from(hot.aux[at]);
            match EventKind::from_number(hot.kind[at]) {
                Some(EventKind::Svc | EventKind::SvcExit) => {
                    vdso[aux] += 1;
                    sum.add_call(hot, at, &mut calls);
                }
                Some(EventKind::Reseed) => reseeds[aux] += 1,
                _ => {}
            }
        }
        vdso[0] = 0; // no vDSO exit
        tids.sort_unstable();
        sum.tids = (tids.len() <= MAX_TIDS).then_some(tids);
        sum.kinds = occurring(&kinds);
        sum.vdso = occurring(&vdso);
        sum.reseeds = occurring(&reseeds);
        sum.calls = calls.into_values().collect();
        sum
    }

    fn add_call(&mut self, hot: &Hot, at: usize, calls: &mut BTreeMap<u32, CallSum>) {
        let dur = Cycles(hot.dur[at]);
        let failed = u32::from(hot.errno(at).is_some());
        let call = calls.entry(hot.nr[at]).or_insert(CallSum { nr: hot.nr[at], ..CallSum::default() });
        call.count += 1;
        call.errors += failed;
        call.total = Cycles(call.total.0.saturating_add(dur.0));
        call.max = call.max.max(dur);
        self.errors += failed;
        self.flagged += u32::from(hot.flags[at] & 3 != 0);
        self.max_dur = self.max_dur.max(dur);
    }

    /// Adds the counts of another block; sums saturate.
    pub fn merge(&mut self, other: &Summary) {
        self.tids = match (self.tids.take(), &other.tids) {
            (Some(mut mine), Some(theirs)) => {
                mine.extend(theirs);
                mine.sort_unstable();
                mine.dedup();
                Some(mine)
            }
            _ => None,
        };
        merge_counts(&mut self.kinds, &other.kinds);
        merge_counts(&mut self.vdso, &other.vdso);
        merge_counts(&mut self.reseeds, &other.reseeds);
        for call in &other.calls {
            match self.calls.binary_search_by_key(&call.nr, |mine| mine.nr) {
                Ok(at) => {
                    let mine = &mut self.calls[at];
                    mine.count = mine.count.saturating_add(call.count);
                    mine.errors = mine.errors.saturating_add(call.errors);
                    mine.total = Cycles(mine.total.0.saturating_add(call.total.0));
                    mine.max = mine.max.max(call.max);
                }
                Err(at) => self.calls.insert(at, *call),
            }
        }
        self.hits.iter_mut().zip(other.hits).for_each(|(mine, n)| *mine = mine.saturating_add(n));
        self.errors = self.errors.saturating_add(other.errors);
        self.flagged = self.flagged.saturating_add(other.flagged);
        self.max_dur = self.max_dur.max(other.max_dur);
        self.digest = 0;
    }

    /// Nothing counted; where a sum over blocks begins.
    #[must_use]
    pub fn empty() -> Summary {
        Summary { tids: Some(Vec::new()), ..Summary::default() }
    }
}

fn occurring(counts: &[u32; 256]) -> Vec<(u8, u32)> {
    (0..=u8::MAX).zip(counts).filter(|(_, n)| **n != 0).map(|(key, n)| (key, *n)).collect()
}

fn merge_counts(mine: &mut Vec<(u8, u32)>, theirs: &[(u8, u32)]) {
    for (key, n) in theirs {
        match mine.binary_search_by_key(key, |(mine, _)| *mine) {
            Ok(at) => mine[at].1 = mine[at].1.saturating_add(*n),
            Err(at) => mine.insert(at, (*key, *n)),
        }
    }
}
