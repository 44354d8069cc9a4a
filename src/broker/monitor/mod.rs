//! What the broker tells about itself over HTTP. Arrives with the monitoring issue.
