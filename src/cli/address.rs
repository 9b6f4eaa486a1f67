//! Addresses as flags take them.

/// An address is looked up later; a port alone says too little of who can reach it.
pub fn address(text: &str) -> Result<String, String> {
    match text.parse::<u16>() {
        Ok(port) => Err(format!(
            "write the address, too, like 127.0.0.1:{port}, which only this machine reaches"
        )),
        Err(_) => Ok(text.to_string()),
    }
}
