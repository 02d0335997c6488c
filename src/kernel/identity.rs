//! Users, groups of users and capabilities of the guest process.

use super::{Call, Handler, SysResult};
use crate::host::{self, Errno};

pub(super) const CALLS: &[(u32, Handler)] = &[
    (90, capget),
    (91, capset),
    (143, setregid),
    (144, setgid),
    (145, setreuid),
    (146, setuid),
    (147, setresuid),
    (148, getresuid),
    (149, setresgid),
    (150, getresgid),
    (151, setfsuid),
    (152, setfsgid),
    (158, getgroups),
    (159, setgroups),
    (166, umask),
    (174, |c| Ok(c.k.ids.uid.real.into())),
    (175, |c| Ok(c.k.ids.uid.effective.into())),
    (176, |c| Ok(c.k.ids.gid.real.into())),
    (177, |c| Ok(c.k.ids.gid.effective.into())),
];

const UNCHANGED: u32 = u32::MAX;

/// Real, effective and saved id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Ids {
    pub(crate) real: u32,
    pub(crate) effective: u32,
    pub(crate) saved: u32,
}

impl Ids {
    fn all(id: u32) -> Ids {
        Ids { real: id, effective: id, saved: id }
    }

    fn has(self, id: u32) -> bool {
        [self.real, self.effective, self.saved].contains(&id)
    }
}

/// Who the guest is.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) uid: Ids,
    pub(crate) gid: Ids,
    groups: Vec<u32>,
}

impl Identity {
    /// A process of this user and group.
    pub(crate) fn new((uid, gid): (u32, u32)) -> Identity {
        Identity { uid: Ids::all(uid), gid: Ids::all(gid), groups: vec![gid] }
    }

    fn is_root(&self) -> bool {
        self.uid.effective == 0
    }

    /// Supplementary groups.
    pub(crate) fn groups(&self) -> &[u32] {
        &self.groups
    }

    /// Effective capabilities: all or none.
    pub(crate) fn capabilities(&self) -> u64 {
        if self.is_root() { (1 << 41) - 1 } else { 0 }
    }
}

/// set*id with up to three new ids (real, effective, saved), each allowed for root or if it is one already.
fn set_ids(root: bool, ids: &mut Ids, new: [u32; 3]) -> SysResult {
    let allowed = |id| id == UNCHANGED || root || ids.has(id);
    if !new.iter().copied().all(allowed) {
        return Err(Errno::EPERM);
    }
    let pick = |new, old| if new == UNCHANGED { old } else { new };
    *ids = Ids {
        real: pick(new[0], ids.real),
        effective: pick(new[1], ids.effective),
        saved: pick(new[2], ids.saved),
    };
    Ok(0)
}

fn setuid(c: &mut Call<'_>) -> SysResult {
    if c.uint(0) == UNCHANGED {
        return Err(Errno::EINVAL);
    }
    let (id, root) = (c.uint(0), c.k.ids.is_root());
    let others = if root { id } else { UNCHANGED };
    set_ids(root, &mut c.k.ids.uid, [others, id, others])?;
    Ok(tell_user(c))
}

/// Lets other processes know who we are now.
fn tell_user(c: &Call<'_>) -> u64 {
    c.k.family.set_user(c.k.ids.uid.real);
    0
}

fn setgid(c: &mut Call<'_>) -> SysResult {
    if c.uint(0) == UNCHANGED {
        return Err(Errno::EINVAL);
    }
    let (id, root) = (c.uint(0), c.k.ids.is_root());
    let others = if root { id } else { UNCHANGED };
    set_ids(root, &mut c.k.ids.gid, [others, id, others])
}

/// setreuid and setregid: the saved id follows the effective one if the real one is given, or if the effective
/// one becomes something else than the real one.
fn set_two(root: bool, ids: &mut Ids, real: u32, effective: u32) -> SysResult {
    let keeps_saved = real == UNCHANGED && (effective == UNCHANGED || effective == ids.real);
    let old = *ids;
    set_ids(root, ids, [real, effective, UNCHANGED])?;
    if !root && real != UNCHANGED && real != old.real && real != old.effective {
        *ids = old;
        return Err(Errno::EPERM);
    }
    if !keeps_saved {
        ids.saved = ids.effective;
    }
    Ok(0)
}

fn setreuid(c: &mut Call<'_>) -> SysResult {
    let root = c.k.ids.is_root();
    let (real, effective) = (c.uint(0), c.uint(1));
    set_two(root, &mut c.k.ids.uid, real, effective)?;
    Ok(tell_user(c))
}

fn setregid(c: &mut Call<'_>) -> SysResult {
    let root = c.k.ids.is_root();
    let (real, effective) = (c.uint(0), c.uint(1));
    set_two(root, &mut c.k.ids.gid, real, effective)
}

fn setresuid(c: &mut Call<'_>) -> SysResult {
    let (new, root) = ([c.uint(0), c.uint(1), c.uint(2)], c.k.ids.is_root());
    set_ids(root, &mut c.k.ids.uid, new)?;
    Ok(tell_user(c))
}

fn setresgid(c: &mut Call<'_>) -> SysResult {
    let (new, root) = ([c.uint(0), c.uint(1), c.uint(2)], c.k.ids.is_root());
    set_ids(root, &mut c.k.ids.gid, new)
}

fn setfsuid(c: &mut Call<'_>) -> SysResult {
    Ok(c.k.ids.uid.effective.into())
}

fn setfsgid(c: &mut Call<'_>) -> SysResult {
    Ok(c.k.ids.gid.effective.into())
}

fn get_ids(c: &mut Call<'_>, ids: Ids) -> SysResult {
    for (n, id) in [ids.real, ids.effective, ids.saved].into_iter().enumerate() {
        let at = c.args[n];
        c.door.write(at, &id.to_le_bytes())?;
    }
    Ok(0)
}

fn getresuid(c: &mut Call<'_>) -> SysResult {
    let ids = c.k.ids.uid;
    get_ids(c, ids)
}

fn getresgid(c: &mut Call<'_>) -> SysResult {
    let ids = c.k.ids.gid;
    get_ids(c, ids)
}

fn getgroups(c: &mut Call<'_>) -> SysResult {
    let room = usize::try_from(c.int(0)).map_err(|_| Errno::EINVAL)?;
    let groups = c.k.ids.groups.clone();
    if room == 0 {
        return Ok(groups.len() as u64);
    }
    if room < groups.len() {
        return Err(Errno::EINVAL);
    }
    let bytes: Vec<u8> = groups.iter().flat_map(|g| g.to_le_bytes()).collect();
    let at = c.args[1];
    c.door.write(at, &bytes)?;
    Ok(groups.len() as u64)
}

fn setgroups(c: &mut Call<'_>) -> SysResult {
    if !c.k.ids.is_root() {
        return Err(Errno::EPERM);
    }
    let count = usize::try_from(c.int(0)).ok().filter(|&n| n <= 65536).ok_or(Errno::EINVAL)?;
    let bytes = c.door.read_vec(c.args[1], count * 4)?;
    c.k.ids.groups = bytes.as_chunks::<4>().0.iter().map(|b| u32::from_le_bytes(*b)).collect();
    Ok(0)
}

fn umask(c: &mut Call<'_>) -> SysResult {
    Ok(host::set_umask(c.uint(0) & 0o777).into())
}

/// capget and capset: `_LINUX_CAPABILITY_VERSION_3`, two words a set.
const CAP_VERSION: u32 = 0x2008_0522;

fn cap_version(c: &mut Call<'_>) -> Result<(), Errno> {
    let header = c.args[0];
    if c.door.read_u32(header)? == CAP_VERSION {
        let pid = c.door.read_u32(header.wrapping_add(4))?;
        return match pid.cast_signed() {
            ..0 => Err(Errno::EINVAL),
            0 => Ok(()),
            _ => c.k.threads.get(traces::Tid(pid)).map(drop).ok_or(Errno::ESRCH),
        };
    }
    c.door.write(header, &CAP_VERSION.to_le_bytes())?;
    Err(Errno::EINVAL)
}

fn capget(c: &mut Call<'_>) -> SysResult {
    let probe = c.args[1] == 0;
    match cap_version(c) {
        Err(Errno::EINVAL) if probe => return Ok(0),
        other => other?,
    }
    let all = c.k.ids.capabilities();
    let [low, high] = [all & 0xFFFF_FFFF, all >> 32];
    let mut bytes = Vec::new();
    for half in [low, high] {
        let half = u32::try_from(half).expect("32 bits").to_le_bytes();
        for set in [half, half, [0; 4]] {
            bytes.extend_from_slice(&set);
        }
    }
    let at = c.args[1];
    c.door.write_optional(at, &bytes)?;
    Ok(0)
}

fn capset(c: &mut Call<'_>) -> SysResult {
    cap_version(c)?;
    let bytes: [u8; 24] = c.door.read_array(c.args[1])?;
    let nothing = bytes.iter().all(|&b| b == 0);
    if nothing || c.k.ids.is_root() { Ok(0) } else { Err(Errno::EPERM) }
}
