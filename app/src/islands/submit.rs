//! Posts a form in the browser's stead and reads the answer. Leptos' `ActionForm` would do it too: a fifth of
//! everything that is loaded, because it can do much more.

use gloo_net::http::{Request, Response};
use serde::de::DeserializeOwned;
use web_sys::{FormData, HtmlFormElement, UrlSearchParams};

use crate::api::error::ApiError;

/// Sends the form's fields to where the form points, as a browser would, but asks for JSON. `more` are values that only
/// script knows, in the place of the form's own.
pub async fn submit<T: DeserializeOwned>(
    form: &HtmlFormElement,
    more: &[(&str, &str)],
) -> Result<T, ApiError> {
    let answer = post(form, more).await.ok_or(ApiError::Unreachable)?;
    let ok = answer.ok();
    let body = answer.text().await.map_err(|_| ApiError::Internal)?;
    if ok {
        serde_json::from_str(&body).map_err(|_| ApiError::Internal)
    } else {
        Err(serde_json::from_str(&body).unwrap_or(ApiError::Internal))
    }
}

/// `None`: there was no answer.
async fn post(form: &HtmlFormElement, more: &[(&str, &str)]) -> Option<Response> {
    let fields = FormData::new_with_form(form).ok()?;
    for (name, value) in more {
        fields.set_with_str(name, value).ok()?;
    }
    let fields = UrlSearchParams::new_with_str_sequence_sequence(&fields).ok()?;
    Request::post(&form.action()).header("Accept", "application/json").body(fields).ok()?.send().await.ok()
}
