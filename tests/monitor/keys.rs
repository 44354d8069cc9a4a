//! The keys of nats-server 2.14.5's values, as it sends them with the same settings.

pub const VARZ: &str = "server_id server_name version proto go host port max_connections ping_interval ping_max
    http_host http_port http_base_path https_port auth_timeout max_control_line max_payload max_pending cluster
    gateway leaf mqtt websocket jetstream jetstream.config jetstream.config.max_memory
    jetstream.config.max_storage jetstream.config.store_dir jetstream.config.sync_interval
    jetstream.config.strict jetstream.stats jetstream.stats.memory jetstream.stats.storage
    jetstream.stats.reserved_memory jetstream.stats.reserved_storage jetstream.stats.accounts
    jetstream.stats.ha_assets jetstream.stats.api jetstream.stats.api.level jetstream.stats.api.total
    jetstream.stats.api.errors jetstream.limits tls_timeout write_deadline start now uptime mem cores gomaxprocs
    cpu connections total_connections routes remotes leafnodes in_msgs in_bytes in_client_msgs in_client_bytes
    out_msgs out_bytes out_client_msgs out_client_bytes slow_consumers stale_connections stalled_clients
    subscriptions http_req_stats config_load_time config_digest feature_flags feature_flags.js_ack_fc_v2
    feature_flags.js_raft_delete_range system_account slow_consumer_stats slow_consumer_stats.clients
    slow_consumer_stats.routes slow_consumer_stats.gateways slow_consumer_stats.leafs stale_connection_stats
    stale_connection_stats.clients disk_io_wait_stats disk_io_wait_stats.waiters disk_io_wait_stats.waits
    disk_io_wait_stats.wait_time disk_io_wait_stats.max_wait_time";

pub const CONNZ: &str = "server_id now num_connections total offset limit connections connections.cid
    connections.kind connections.type connections.ip connections.port connections.start
    connections.last_activity connections.rtt connections.uptime connections.idle connections.pending_bytes
    connections.in_msgs connections.out_msgs connections.in_bytes connections.out_bytes connections.subscriptions
    connections.name connections.lang connections.version connections.name_tag
    connections.subscriptions_list_detail connections.subscriptions_list_detail.subject
    connections.subscriptions_list_detail.qgroup connections.subscriptions_list_detail.sid
    connections.subscriptions_list_detail.msgs connections.subscriptions_list_detail.cid";

pub const JSZ: &str = "memory storage reserved_memory reserved_storage accounts ha_assets api api.level api.total
    api.errors server_id now config config.max_memory config.max_storage config.store_dir config.sync_interval
    config.strict limits streams consumers messages bytes account_details account_details.name account_details.id
    account_details.memory account_details.storage account_details.reserved_memory
    account_details.reserved_storage account_details.accounts account_details.ha_assets account_details.api total";
