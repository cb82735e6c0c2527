//! What a person may do beyond backing campaigns. Roles are added, not chosen between: a moderator may be a creator.

use std::collections::BTreeSet;
use std::str::FromStr;

pub type Roles = BTreeSet<Role>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Creator,
    Moderator,
    Admin,
}

impl Role {
    pub const ALL: [Self; 3] = [Self::Creator, Self::Moderator, Self::Admin];

    /// As stored in `person_roles.role`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Creator => "creator",
            Self::Moderator => "moderator",
            Self::Admin => "admin",
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("no such role")]
pub struct NoSuchRole;

impl FromStr for Role {
    type Err = NoSuchRole;

    fn from_str(name: &str) -> Result<Self, NoSuchRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == name).ok_or(NoSuchRole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_roles() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse::<Role>().ok(), Some(role));
        }
        assert!("owner".parse::<Role>().is_err());
    }
}
