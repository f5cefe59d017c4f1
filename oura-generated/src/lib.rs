//! A typed client for the Oura API v2.
