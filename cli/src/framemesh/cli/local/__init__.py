"""Everything on one machine: NATS and all services, each a supervised process."""
