import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Prints the engagement scores that lie on Kafka, one JSON object a line, and ends when it has read them all.
 *
 * <p>They are in Avro, framed for a schema registry (output.engagement_scores = "confluent"): a zero byte, the registry's id of the
 * schema, the record. With Confluent's own KafkaAvroDeserializer, {@link #decode} is not needed.
 *
 * <pre>java -cp ... Scores localhost:9092 http://localhost:8081</pre>
 */
public final class Scores {
    private static final String TOPIC = "engagement-scores";

    private final String registryUrl;
    private final HttpClient http = HttpClient.newHttpClient();
    private final ObjectMapper json = new ObjectMapper();
    private final Map<Integer, GenericDatumReader<GenericRecord>> readers = new HashMap<>();

    private Scores(String registryUrl) {
        this.registryUrl = registryUrl;
    }

    public static void main(String[] arguments) throws Exception {
        Scores scores = new Scores(arguments[1]);
        Map<String, Object> settings = Map.of(
                "bootstrap.servers", arguments[0],
                "group.id", "scores-in-java",
                "auto.offset.reset", "earliest",
                // Java's default also shows what transactions wrote that were aborted.
                "isolation.level", "read_committed");
        try (KafkaConsumer<String, byte[]> consumer =
                new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of(TOPIC));
            do {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
                    System.out.println(scores.decode(record.value()));
                }
            } while (!hasReadAll(consumer)); // A service reads on.
        }
    }

    private static boolean hasReadAll(KafkaConsumer<?, ?> consumer) {
        Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
        return !ends.isEmpty() && ends.entrySet().stream().allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
    }

    private GenericRecord decode(byte[] value) throws IOException, InterruptedException {
        ByteBuffer framed = ByteBuffer.wrap(value);
        if (framed.get() != 0) {
            throw new IOException("the value is not framed for a registry");
        }
        int schemaId = framed.getInt();
        GenericDatumReader<GenericRecord> reader = readers.get(schemaId);
        if (reader == null) {
            reader = new GenericDatumReader<>(schema(schemaId));
            readers.put(schemaId, reader);
        }
        BinaryDecoder decoder =
                DecoderFactory.get().binaryDecoder(value, framed.position(), framed.remaining(), null);
        return reader.read(null, decoder);
    }

    private Schema schema(int id) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(registryUrl + "/schemas/ids/" + id)).build();
        HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IOException("the registry answers " + answer.statusCode() + ": " + answer.body());
        }
        return new Schema.Parser().parse(json.readTree(answer.body()).get("schema").asText());
    }
}
