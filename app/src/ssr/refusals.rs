//! What the backend refuses, as it is told to the person who asked.

use backend::accounts::{LoginRefusal, RegistrationRefusal};

use crate::api::error::ApiError;

impl From<LoginRefusal> for ApiError {
    fn from(refusal: LoginRefusal) -> Self {
        match refusal {
            LoginRefusal::WrongCredentials => Self::refused(None, refusal),
            LoginRefusal::TooManyAttempts { retry_after } => Self::too_many(refusal, retry_after),
        }
    }
}

impl From<RegistrationRefusal> for ApiError {
    fn from(refusal: RegistrationRefusal) -> Self {
        match refusal {
            RegistrationRefusal::TooManyAttempts { retry_after } => Self::too_many(refusal, retry_after),
            RegistrationRefusal::CommonPassword | RegistrationRefusal::PasswordIsName => {
                Self::refused(refusal.field(), refusal)
            }
        }
    }
}
