//! How many streams may be open: for one address enough for a household with many tabs, and for all together what this
//! process can carry.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use backend::throttle::ClientAddress;

/// The open streams by address.
#[derive(Clone)]
pub struct Watchers {
    open: Arc<Mutex<Open>>,
    per_address: usize,
    in_all: usize,
}

#[derive(Default)]
struct Open {
    by_address: HashMap<IpAddr, usize>,
    in_all: usize,
}

/// One open stream; dropping it makes room again.
pub struct Place {
    watchers: Watchers,
    address: IpAddr,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPlace {
    /// The address has its share.
    ForThisAddress,
    /// The process carries all it can.
    ForAnybody,
}

impl Watchers {
    #[must_use]
    pub fn new(per_address: usize, in_all: usize) -> Self {
        Self { open: Arc::default(), per_address, in_all }
    }

    /// How many streams are open.
    #[must_use]
    pub fn open(&self) -> usize {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).in_all
    }

    /// A place for one more stream.
    ///
    /// # Errors
    /// Who has too many streams open.
    pub fn enter(&self, address: ClientAddress) -> Result<Place, NoPlace> {
        let address = address.household();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.in_all >= self.in_all {
            return Err(NoPlace::ForAnybody);
        }
        let theirs = open.by_address.get(&address).copied().unwrap_or_default();
        if theirs >= self.per_address {
            return Err(NoPlace::ForThisAddress);
        }
        open.by_address.insert(address, theirs + 1);
        open.in_all += 1;
        Ok(Place { watchers: self.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.watchers.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.in_all -= 1;
        if let Some(count) = open.by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    fn address(last: u8) -> ClientAddress {
        ClientAddress([127, 0, 0, last].into())
    }

    #[test]
    fn a_place_is_free_again_when_its_stream_ends() {
        let watchers = Watchers::new(2, 100);
        let first = watchers.enter(address(1));
        let second = watchers.enter(address(1));
        assert!(first.is_ok() && second.is_ok());
        assert_eq!(watchers.enter(address(1)).err(), Some(NoPlace::ForThisAddress));
        assert!(watchers.enter(address(2)).is_ok(), "everybody has a share of their own");
        drop(first);
        assert!(watchers.enter(address(1)).is_ok());
    }

    #[test]
    fn a_64_is_one_household() {
        let watchers = Watchers::new(2, 100);
        let [near, nearer] =
            [1, 2].map(|last| ClientAddress(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, last).into()));
        let places = [watchers.enter(near), watchers.enter(nearer)];
        assert!(places.iter().all(Result::is_ok) && watchers.enter(near).is_err());
    }

    #[test]
    fn all_together_have_a_limit_too() {
        let watchers = Watchers::new(2, 3);
        let places = [1, 1, 2].map(|last| watchers.enter(address(last)));
        assert!(places.iter().all(Result::is_ok));
        assert_eq!(watchers.enter(address(3)).err(), Some(NoPlace::ForAnybody));
        drop(places);
        assert!(watchers.enter(address(3)).is_ok());
    }
}
