//! Journeys over real parts: RabbitMQ, both databases, the sandbox's shops and warehouse, and the `crossdock` binary.

