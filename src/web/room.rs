//! Who holds how many of the places that connections take. One address takes a part of them and no more, and some stay free for the
//! question whether the gateway still does its work: a page that somebody blocks must not blind those who watch the machine.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// What one place is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Everything.
    Whole,
    /// The others are taken: one question of [`super::health`], then the end.
    Reserve,
}

/// How many places there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    pub whole: usize,
    /// Of them, for one address.
    pub per_peer: usize,
    pub reserve: usize,
    /// Of the reserve, for one address.
    pub reserve_per_peer: usize,
    /// Every connection is the reverse proxy's: its address says nothing about whose it is. The proxy bounds its visitors itself.
    pub proxied: bool,
}

#[derive(Debug, Default)]
struct Taken {
    whole: usize,
    reserve: usize,
    by_peer: HashMap<(IpAddr, bool), usize>,
}

/// The places, and who holds them.
#[derive(Debug, Clone)]
pub struct Room {
    places: Places,
    taken: Arc<Mutex<Taken>>,
}

/// One place, for as long as the connection lasts.
#[derive(Debug)]
pub struct Place {
    pub good_for: Use,
    key: (IpAddr, bool),
    taken: Arc<Mutex<Taken>>,
}

impl Room {
    pub fn new(places: Places) -> Self {
        Self {
            places,
            taken: Arc::default(),
        }
    }

    /// `None`: this connection has to go.
    pub fn enter(&self, peer: IpAddr) -> Option<Place> {
        let peer = network(peer);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let held = |reserve: bool| taken.by_peer.get(&(peer, reserve)).copied().unwrap_or_default();
        let fits = |held: usize, bound: usize| self.places.proxied || held < bound;
        let good_for = if taken.whole < self.places.whole && fits(held(false), self.places.per_peer) {
            Use::Whole
        } else if taken.reserve < self.places.reserve && fits(held(true), self.places.reserve_per_peer) {
            Use::Reserve
        } else {
            return None;
        };
        match good_for {
            Use::Whole => taken.whole += 1,
            Use::Reserve => taken.reserve += 1,
        }
        let key = (peer, good_for == Use::Reserve);
        *taken.by_peer.entry(key).or_default() += 1;
        Some(Place {
            good_for,
            key,
            taken: Arc::clone(&self.taken),
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        match self.good_for {
            Use::Whole => taken.whole = taken.whole.saturating_sub(1),
            Use::Reserve => taken.reserve = taken.reserve.saturating_sub(1),
        }
        match taken.by_peer.get_mut(&self.key) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(taken.by_peer.remove(&self.key)),
        }
    }
}

/// What is counted as one: a home has a whole /64 of addresses (RFC 6177), and an IPv4 address may come in the clothes of IPv6.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const PLACES: Places = Places {
        whole: 4,
        per_peer: 2,
        reserve: 2,
        reserve_per_peer: 1,
        proxied: false,
    };

    fn peer(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    #[test]
    fn one_address_takes_its_part_and_gets_it_back() {
        let room = Room::new(PLACES);
        let mut held: Vec<Place> = (0..2).map(|_| room.enter(peer(1)).unwrap()).collect();
        assert_eq!(room.enter(peer(1)).unwrap().good_for, Use::Reserve);
        assert_eq!(room.enter(peer(2)).unwrap().good_for, Use::Whole, "others have theirs");
        held.pop();
        assert_eq!(room.enter(peer(1)).unwrap().good_for, Use::Whole);
        drop(held);
        assert!(room.taken.lock().unwrap().by_peer.is_empty(), "nothing is kept of who is gone");
    }

    #[test]
    fn the_reserve_is_shared_out_too() {
        let room = Room::new(PLACES);
        let _held: Vec<Place> = [1, 1, 2, 2].into_iter().map(|last| room.enter(peer(last)).unwrap()).collect();
        let first = room.enter(peer(1)).unwrap();
        assert_eq!(first.good_for, Use::Reserve);
        assert!(room.enter(peer(1)).is_none());
        assert_eq!(room.enter(peer(9)).unwrap().good_for, Use::Reserve);
    }

    #[test]
    fn a_proxy_is_not_one_visitor() {
        let room = Room::new(Places { proxied: true, ..PLACES });
        let held: Vec<Place> = (0..6).map(|_| room.enter(peer(1)).unwrap()).collect();
        assert_eq!(held.iter().filter(|place| place.good_for == Use::Whole).count(), 4);
        assert!(room.enter(peer(1)).is_none());
    }

    #[test]
    fn a_home_of_ipv6_is_one() {
        let [one, other, far] = ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"].map(|text| network(text.parse().unwrap()));
        assert!(one == other && one != far);
        assert_eq!(network("::ffff:10.0.0.1".parse().unwrap()), peer(1));
    }
}
