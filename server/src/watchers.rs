//! How many streams one address may hold open: enough for a household with many tabs, too few to exhaust the server.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use backend::throttle::ClientAddress;

/// The open streams by address.
#[derive(Clone)]
pub struct Watchers {
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
    limit: usize,
}

/// One open stream; dropping it makes room again.
pub struct Place {
    watchers: Watchers,
    address: IpAddr,
}

impl Watchers {
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { open: Arc::default(), limit }
    }

    /// A place for one more stream, or `None` when the address has its share.
    #[must_use]
    pub fn enter(&self, address: ClientAddress) -> Option<Place> {
        let address = address.household();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_default();
        if *count >= self.limit {
            return None;
        }
        *count += 1;
        Some(Place { watchers: self.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.watchers.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_stream_ends() {
        let watchers = Watchers::new(2);
        let (one, other) = (ClientAddress([127, 0, 0, 1].into()), ClientAddress([127, 0, 0, 2].into()));
        let first = watchers.enter(one);
        let second = watchers.enter(one);
        assert!(first.is_some() && second.is_some() && watchers.enter(one).is_none());
        assert!(watchers.enter(other).is_some(), "everybody has a share of their own");
        let [near, nearer] =
            [1, 2].map(|last| ClientAddress(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, last).into()));
        let places = [watchers.enter(near), watchers.enter(nearer)];
        assert!(
            places.iter().all(Option::is_some) && watchers.enter(near).is_none(),
            "a /64 is one household"
        );
        drop(first);
        assert!(watchers.enter(one).is_some());
    }
}
