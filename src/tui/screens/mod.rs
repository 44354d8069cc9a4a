//! What has the whole area beside the windows: the slides. What lies over them is in `overlay` and `overview`; second
//! screens have a loop of their own, in `speaker` and `audience`. Start with [`slides`].

pub mod slides;
