//! Visitors who mean harm by what they write or how they ask.

mod expensive_stories;
mod large_requests;
mod markup;
mod skeleton;
