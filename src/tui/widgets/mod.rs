//! Parts that screens and panes share: text fields, tables, charts.
