//! Who may ask, and from where: tokens, TLS, the rate of requests.
