"""Prints the engagement scores that lie on Kafka, one JSON object a line, and ends when it has read them all.

They are in Avro, framed for a schema registry (output.engagement_scores = "confluent").

    pip install "confluent-kafka[avro]"
    python scores.py localhost:9092 http://localhost:8081
"""

import json
import sys

from confluent_kafka import Consumer, KafkaError, KafkaException
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

TOPIC = "engagement-scores"


def main(bootstrap_servers: str, registry_url: str) -> None:
    deserialize = AvroDeserializer(SchemaRegistryClient({"url": registry_url}))
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            "group.id": "scores-in-python",
            "auto.offset.reset": "earliest",
            # What a transaction wrote that was aborted is not there.
            "isolation.level": "read_committed",
            # Only to know when to end: a service reads on.
            "enable.partition.eof": True,
        }
    )
    consumer.subscribe([TOPIC])
    ended = set()
    try:
        while not ended or len(ended) < len(consumer.assignment()):
            message = consumer.poll(timeout=1.0)
            if message is None:
                continue
            if message.error():
                if message.error().code() != KafkaError._PARTITION_EOF:
                    raise KafkaException(message.error())
                ended.add(message.partition())
                continue
            score = deserialize(message.value(), SerializationContext(TOPIC, MessageField.VALUE))
            print(json.dumps(score))
    finally:
        consumer.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
