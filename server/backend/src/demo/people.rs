//! The demo's people: those who can log in, and a crowd that only backs.

use std::collections::HashMap;

use domain::PersonId;
use sqlx::PgConnection;
use uuid::Uuid;

use super::content::PeopleFile;
use crate::{Error, Result};

/// Backers beyond those with a name of their own: enough for the busiest demo campaign.
const CROWD: usize = 480;

pub struct People {
    by_email: HashMap<String, PersonId>,
    crowd: Vec<PersonId>,
}

impl People {
    pub fn by_email(&self, email: &str) -> Result<PersonId> {
        self.by_email.get(email).copied().ok_or_else(|| Error::broken(format!("demo person {email}")))
    }

    pub fn crowd(&self) -> &[PersonId] {
        &self.crowd
    }
}

pub async fn insert(db: &mut PgConnection, file: &PeopleFile, password: &str) -> Result<People> {
    let mut by_email = HashMap::new();
    for person in &file.people {
        let id = PersonId(Uuid::now_v7());
        insert_one(db, id, &person.email, &person.name, &person.bio, Some(password)).await?;
        for role in person.roles.iter().filter(|role| *role != "backer") {
            sqlx::query!("insert into person_roles (person_id, role) values ($1, $2)", id as PersonId, role)
                .execute(&mut *db)
                .await?;
        }
        by_email.insert(person.email.clone(), id);
    }
    let mut crowd = Vec::with_capacity(CROWD);
    for at in 0..CROWD {
        let id = PersonId(Uuid::now_v7());
        insert_one(db, id, &format!("crowd-{at}@example.org"), &name(&file.crowd, at)?, "", None).await?;
        crowd.push(id);
    }
    Ok(People { by_email, crowd })
}

async fn insert_one(
    db: &mut PgConnection,
    id: PersonId,
    email: &str,
    name: &str,
    bio: &str,
    password: Option<&str>,
) -> Result<()> {
    sqlx::query!(
        "insert into people (id, email, display_name, bio, password_hash) values ($1, $2, $3, $4, $5)",
        id as PersonId,
        email,
        name,
        bio,
        password,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The first round has the names as they are; later ones join first names with other people's last names.
fn name(names: &[String], at: usize) -> Result<String> {
    let round = at / names.len().max(1);
    let first = names.get(at % names.len().max(1)).ok_or_else(|| Error::broken("demo crowd"))?;
    if round == 0 {
        return Ok(first.clone());
    }
    let other = &names[(at + round * 7) % names.len()];
    let first = first.split(' ').next().unwrap_or(first);
    let last = other.split_once(' ').map_or(other.as_str(), |(_, last)| last);
    Ok(format!("{first} {last}"))
}
