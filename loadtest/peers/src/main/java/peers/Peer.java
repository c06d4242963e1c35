package peers;

import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * What the engine is measured beside: the same work on Kafka Streams. Ends when its input ends.
 *
 * <p>Arguments: scenario, bootstrap servers, application, input, output, folder of states.
 */
public final class Peer {
    /** Room for every key: with less, updates would leave before the commit. */
    private static final long CACHE_BYTES = 64L << 20;

    private Peer() {}

    /** Runs until the owner closes our input, or is gone. */
    public static void main(String[] arguments) throws Exception {
        String scenario = arguments[0];
        Properties settings = new Properties();
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[1]);
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, arguments[2]);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, arguments[5]);
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 100);
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, scenario.equals("once-per-commit") ? CACHE_BYTES : 0);
        settings.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
        settings.put(StreamsConfig.consumerPrefix("group.instance.id"), "bench");
        settings.put(StreamsConfig.producerPrefix("compression.type"), "lz4");
        KafkaStreams streams = new KafkaStreams(topology(scenario, arguments[3], arguments[4]), settings);
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            // Not in order: closing would wait for what has failed.
            Runtime.getRuntime().halt(1);
            return StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        streams.start();
        while (System.in.read() >= 0) {
            // Nothing is ever said.
        }
        streams.close(Duration.ofSeconds(10));
        System.exit(0);
    }

    private static Topology topology(String scenario, String input, String output) {
        StreamsBuilder builder = new StreamsBuilder();
        if (scenario.equals("restart")) {
            Materialized<byte[], byte[], KeyValueStore<Bytes, byte[]>> rows = Materialized.as("rows");
            // Logged by itself: else the input would be its changelog.
            builder.stream(input, Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
                .toTable(rows.withKeySerde(Serdes.ByteArray()).withValueSerde(Serdes.ByteArray()).withCachingDisabled());
            return builder.build();
        }
        KStream<byte[], byte[]> records = builder.stream(input, Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()));
        if (scenario.equals("copy")) {
            records.to(output, Produced.with(Serdes.ByteArray(), Serdes.ByteArray()));
            return builder.build();
        }
        Materialized<byte[], Long, KeyValueStore<Bytes, byte[]>> rows = Materialized.as("rows");
        rows = rows.withKeySerde(Serdes.ByteArray()).withValueSerde(Serdes.Long());
        rows = scenario.equals("once-per-commit") ? rows.withCachingEnabled() : rows.withCachingDisabled();
        records.groupByKey(Grouped.with(Serdes.ByteArray(), Serdes.ByteArray()))
            .count(rows)
            .toStream()
            .to(output, Produced.with(Serdes.ByteArray(), Serdes.Long()));
        return builder.build();
    }
}
