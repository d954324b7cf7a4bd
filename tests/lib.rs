//! Journeys through the whole of Crossdock, over the real binary, a real RabbitMQ and real databases.
