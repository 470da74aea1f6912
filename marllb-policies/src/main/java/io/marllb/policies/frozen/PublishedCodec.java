package io.marllb.policies.frozen;

import io.marllb.core.Need;
import io.marllb.core.Observation;
import io.marllb.core.Reports;
import io.marllb.core.check.Nearest;
import io.marllb.core.rl.Box;
import io.marllb.core.rl.ServerFeature;
import io.marllb.core.rl.Space;
import io.marllb.core.rl.WeightActions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What the published agents see and do (arXiv:2201.11727 and its program): some features of every server, raw, then what was last done to it; an
 * action is a weight per server. The rule keeps its own bias.
 *
 * <p>A server's block of inputs: its features in the given order, 0 for a statistic without a sample, then nothing, its last weight (1 before the
 * first action), or the levels of the last action as one-hot (zeros before the first).
 */
final class PublishedCodec implements Codec {

    static final String NAME = "published";

    /** What of the last action is among the inputs. */
    enum Last {
        NONE,
        WEIGHTS,
        ONE_HOT;

        String text() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        static Last parse(String text) {
            for (Last last : values()) {
                if (last.text().equals(text)) {
                    return last;
                }
            }
            throw new IllegalArgumentException("unknown last '" + text + "'"
                    + Nearest.hint(text, Arrays.stream(values()).map(Last::text).toList()));
        }
    }

    /** See {@link PublishedCodec}. */
    record Spec(List<ServerFeature> seen, Last last, WeightActions actions) implements CodecSpec {

        /** The six that the original program's agents read: in-flight count and the five statistics of flow durations. */
        private static final String DEFAULT_FEATURES =
                "in-flight/duration-mean/duration-p90/duration-std/duration-discounted-mean/duration-discounted-p90";

        Spec {
            seen = List.copyOf(seen);
            if (seen.isEmpty() || EnumSet.copyOf(seen).size() < seen.size()) {
                throw new IllegalArgumentException("features must be at least one, each once, but were "
                        + seen.stream().map(ServerFeature::id).toList());
            }
            if (last == Last.ONE_HOT && !(actions instanceof WeightActions.Levels)) {
                throw new IllegalArgumentException(
                        "last=one-hot needs levels as actions, but they are " + actions.text() + "; use last=weights");
            }
        }

        static Spec parse(Map<String, String> arguments) {
            for (String key : arguments.keySet()) {
                List<String> keys = List.of("features", "last", "actions");
                if (!keys.contains(key)) {
                    throw new IllegalArgumentException("unknown key '" + key + "'" + Nearest.hint(key, keys));
                }
            }
            List<ServerFeature> features = new ArrayList<>();
            for (String id :
                    arguments.getOrDefault("features", DEFAULT_FEATURES).split("/", -1)) {
                features.add(ServerFeature.named(id));
            }
            return new Spec(
                    features,
                    Last.parse(arguments.getOrDefault("last", "weights")),
                    WeightActions.parse(arguments.getOrDefault("actions", "levels")));
        }

        @Override
        public Codec create(int servers, int balancers, long intervalNanos) {
            return new PublishedCodec(this, servers);
        }

        @Override
        public int features() {
            return seen.size()
                    + switch (last) {
                        case NONE -> 0;
                        case WEIGHTS -> 1;
                        case ONE_HOT ->
                            ((WeightActions.Levels) actions).levels().size();
                    };
        }

        @Override
        public boolean activeFirst() {
            return seen.get(0) == ServerFeature.ACTIVE;
        }

        @Override
        public int globals() {
            return 0;
        }

        @Override
        public Space actionSpace(int servers) {
            return actions instanceof WeightActions.Continuous ? Box.of(-1f, 1f, servers) : actions.space(servers);
        }

        @Override
        public float[] neutral(int servers) {
            return new float[actionSpace(servers).size()];
        }

        @Override
        public EnumSet<Need> needs() {
            boolean statistics = seen.stream().anyMatch(f -> f != ServerFeature.IN_FLIGHT && f != ServerFeature.ACTIVE);
            return statistics ? EnumSet.of(Need.FLOW_END, Need.FLOW_AGE, Need.RESERVOIRS) : EnumSet.noneOf(Need.class);
        }

        @Override
        public String text() {
            return NAME + ":features=" + seen.stream().map(ServerFeature::id).collect(Collectors.joining("/"))
                    + ":last=" + last.text() + ":actions=" + actions.text();
        }
    }

    private final Spec spec;
    private final Space actionSpace;
    private final ServerFeature[] features;
    private final int width;
    private final int inputs;
    private final float[] given; // [servers], an element of the actions' own space
    private final float[] lastAction; // [action size]
    private final double[] lastWeights; // [servers]
    private boolean acted;

    PublishedCodec(Spec spec, int servers) {
        this.spec = spec;
        actionSpace = spec.actionSpace(servers);
        features = spec.seen().toArray(new ServerFeature[0]);
        width = spec.features();
        inputs = spec.inputs(servers);
        given = new float[servers];
        lastAction = new float[actionSpace.size()];
        lastWeights = new double[servers];
        reset();
    }

    @Override
    public int inputs() {
        return inputs;
    }

    @Override
    public Space actionSpace() {
        return actionSpace;
    }

    @Override
    public void reset() {
        acted = false;
        Arrays.fill(lastWeights, 1);
    }

    @Override
    public void observe(Observation observation, Reports reports, float[] inputs) {
        int i = 0;
        for (int j = 0; j < lastWeights.length; j++) {
            for (ServerFeature f : features) {
                double x = f.of(observation, j);
                inputs[i++] = Double.isNaN(x) ? 0f : (float) x;
            }
            switch (spec.last()) {
                case NONE -> {}
                case WEIGHTS -> inputs[i++] = (float) lastWeights[j];
                case ONE_HOT -> {
                    int levels = width - features.length;
                    for (int k = 0; k < levels; k++) {
                        inputs[i++] = acted && k == (int) lastAction[j] ? 1f : 0f;
                    }
                }
            }
        }
    }

    @Override
    public double act(float[] action, double[] weights) {
        System.arraycopy(action, 0, lastAction, 0, lastAction.length);
        acted = true;
        if (spec.actions() instanceof WeightActions.Continuous range) {
            double half = (range.high() - range.low()) / 2;
            for (int j = 0; j < given.length; j++) {
                double w = range.low() + half * (1 + (double) action[j]);
                given[j] = (float) Math.max(range.low(), Math.min(range.high(), w));
            }
            spec.actions().decode(given, weights);
        } else {
            spec.actions().decode(action, weights);
        }
        System.arraycopy(weights, 0, lastWeights, 0, weights.length);
        return Double.NaN;
    }
}
