//! The subject tree: which subscriptions a subject reaches, with a cache; later also mappings. Pure.
