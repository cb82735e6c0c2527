//! The demo's texts, compiled into the binary: a demo needs no files beside it.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{Error, Result};

pub struct Content {
    pub people: PeopleFile,
    pub campaigns: Vec<Campaign>,
}

#[derive(Deserialize)]
pub struct PeopleFile {
    pub people: Vec<Person>,
    /// Names of those who back campaigns and never log in.
    pub crowd: Vec<String>,
}

#[derive(Deserialize)]
pub struct Person {
    pub email: String,
    pub name: String,
    pub bio: String,
    pub roles: Vec<String>,
}

#[derive(Deserialize)]
struct CampaignsFile {
    campaigns: Vec<Campaign>,
}

#[derive(Deserialize)]
pub struct Campaign {
    pub slug: String,
    pub title: String,
    pub pitch: String,
    pub creator: String,
    pub category: String,
    pub location: String,
    pub model: String,
    pub state: String,
    pub goal: String,
    pub currency: String,
    pub starts_in_hours: i64,
    pub ends_in_hours: i64,
    pub cover: String,
    pub cover_alt: String,
    pub story: String,
    pub raised_percent: u32,
    #[serde(default)]
    pub result_policy: domain::ResultPolicy,
    #[serde(default)]
    pub stretch_goals: Vec<StretchGoal>,
    pub rewards: Vec<Reward>,
}

#[derive(Deserialize)]
pub struct StretchGoal {
    pub title: String,
    pub description: String,
    /// The total that unlocks it.
    pub amount: String,
}

#[derive(Deserialize)]
pub struct Reward {
    pub title: String,
    pub description: String,
    pub minimum: String,
    pub limit: Option<i32>,
    /// Slots that are taken at the start.
    pub seed_claimed: Option<usize>,
    pub delivery_in_months: u32,
    pub kind: String,
    /// What it costs to send, by the code of the country and "elsewhere"; empty: nothing is sent.
    #[serde(default)]
    pub shipping: BTreeMap<String, String>,
}

/// Stands in the demo's texts where a country's code would, for the rest of the world.
pub const ELSEWHERE: &str = "elsewhere";

impl Content {
    pub fn read() -> Result<Self> {
        let people = toml::from_str(include_str!("../../demo/people.toml"));
        let campaigns = toml::from_str::<CampaignsFile>(include_str!("../../demo/campaigns.toml"));
        Ok(Self {
            people: people.map_err(|error| broken("people.toml", &error))?,
            campaigns: campaigns.map_err(|error| broken("campaigns.toml", &error))?.campaigns,
        })
    }
}

fn broken(file: &str, error: &toml::de::Error) -> Error {
    Error::broken(format!("demo/{file}: {}", error.message()))
}

/// Gives every story a name and its text.
macro_rules! stories {
    ($($slug:literal),+ $(,)?) => {
        /// A campaign's story in Markdown, by the name `campaigns.toml` gives it.
        pub fn story(name: &str) -> Result<String> {
            match name {
                $(concat!("stories/", $slug, ".md") => {
                    Ok(include_str!(concat!("../../demo/stories/", $slug, ".md")).to_owned())
                })+
                unknown => Err(Error::broken(format!("demo/{unknown} is not compiled in"))),
            }
        }
    };
}

stories!(
    "clear-room",
    "glass-eel-year",
    "lantern-tide",
    "moss-atlas",
    "night-bread",
    "paper-theatre",
    "pearl-songs",
    "quiet-loom",
    "reading-boat",
    "silo-mural",
    "swifts-come-home",
    "walnut-press",
);
