package io.marllb.agents.train;

import io.marllb.agents.Learner;
import io.marllb.agents.LearnerSetup;
import io.marllb.agents.qmix.MixerSpec;
import io.marllb.agents.qmix.Qmix;
import io.marllb.agents.qmix.QmixConfig;
import io.marllb.agents.sac.Sac;
import io.marllb.agents.sac.SacConfig;
import io.marllb.core.check.Nearest;
import java.util.Arrays;
import java.util.List;

/** What {@code --agent} may name. */
public enum Algorithm {
    /** A soft actor-critic per balancer, or one that all share. */
    SAC_GRU("sac-gru", "soft actor-critic with memory, one learner per balancer (paper: RLB-I-SAC)", null),
    /** One soft actor-critic with all traffic. */
    SAC_GRU_SINGLE("sac-gru-single", "the same for one balancer that gets all traffic (paper: RLB-S-SAC)", null),
    /** A joint value that grows with each agent's own. */
    QMIX("qmix", "values of all balancers, mixed monotonically (paper: RLB-QMIX)", MixerSpec.Kind.QMIX),
    /** A joint value that is the sum of the agents' own. */
    VDN("vdn", "values of all balancers, added", MixerSpec.Kind.VDN),
    /** A joint value that is a weighted sum. */
    QMIX_WEIGHTED(
            "qmix-weighted",
            "values of all balancers, added with weights that depend on the state",
            MixerSpec.Kind.WEIGHTED),
    /** No joint value. */
    IQL("iql", "values of each balancer on its own", MixerSpec.Kind.IQL);

    /** Names of presets, each with its source in the configuration records. */
    public static final List<String> PRESETS = List.of("default", "paper", "original", "seed");

    private final String id;
    private final String summary;
    private final MixerSpec.Kind mixer; // null for SAC

    Algorithm(String id, String summary, MixerSpec.Kind mixer) {
        this.id = id;
        this.summary = summary;
        this.mixer = mixer;
    }

    /**
     * The algorithm of a name.
     *
     * @param name such as {@code "qmix"}
     * @return the algorithm
     * @throws IllegalArgumentException if there is none, with the nearest
     */
    public static Algorithm named(String name) {
        for (Algorithm a : values()) {
            if (a.id.equals(name)) {
                return a;
            }
        }
        throw new IllegalArgumentException("unknown agent '" + name + "'" + Nearest.hint(name, names()));
    }

    /**
     * All names.
     *
     * @return in the order to show them
     */
    public static List<String> names() {
        return Arrays.stream(values()).map(Algorithm::id).toList();
    }

    /**
     * Its name on the command line and in files.
     *
     * @return such as {@code "sac-gru"}
     */
    public String id() {
        return id;
    }

    /**
     * What it is, in one line.
     *
     * @return the summary
     */
    public String summary() {
        return summary;
    }

    /**
     * Whether it learns values of a few levels, explored by chance; else it draws from a distribution that it learns.
     *
     * @return true for QMIX and its kin
     */
    public boolean valueBased() {
        return mixer != null;
    }

    /**
     * How values are mixed.
     *
     * @return the kind
     * @throws IllegalStateException unless {@link #valueBased}
     */
    public MixerSpec.Kind mixer() {
        if (!valueBased()) {
            throw new IllegalStateException(id + " mixes no values");
        }
        return mixer;
    }

    /**
     * Whether one balancer gets all traffic.
     *
     * @return true for {@link #SAC_GRU_SINGLE}
     */
    public boolean single() {
        return this == SAC_GRU_SINGLE;
    }

    /**
     * Its settings by preset.
     *
     * @param preset one of {@link #PRESETS}
     * @return a {@link SacConfig} or {@link QmixConfig}
     * @throws IllegalArgumentException if there is no such preset
     */
    public Record config(String preset) {
        requirePreset(preset);
        if (!valueBased()) {
            return SacConfig.preset(preset);
        }
        QmixConfig config = switch (preset) {
            case "paper" -> QmixConfig.paper();
            case "original" -> QmixConfig.original();
            case "seed" -> QmixConfig.seed();
            default -> QmixConfig.defaults();
        };
        return config.withMixer(mixer);
    }

    /**
     * How much is played and when, by preset.
     *
     * @param preset one of {@link #PRESETS}
     * @param horizon most steps of an episode
     * @return the options
     * @throws IllegalArgumentException if there is no such preset
     */
    public TrainOptions options(String preset, int horizon) {
        requirePreset(preset);
        return switch (preset) {
            case "paper" -> TrainOptions.episodes(1, 25); // arXiv:2201.11727, its table: 25 updates per episode
            case "original" -> TrainOptions.episodes(1, valueBased() ? 25 : 5); // sac_gru_discrete.py, sac_qmix.py
            case "seed" ->
                TrainOptions.episodes(1, valueBased() ? 1 : horizon); // an update per step; of QMIX, per episode
            default -> TrainOptions.episodes(2, 16); // 400 episodes in minutes: an update takes some 0.1 s
        };
    }

    private static void requirePreset(String preset) {
        if (!PRESETS.contains(preset)) {
            throw new IllegalArgumentException("unknown preset '" + preset + "'" + Nearest.hint(preset, PRESETS));
        }
    }

    /**
     * A learner that knows nothing yet.
     *
     * @param settings hold its configuration
     * @param setup the problem
     * @return a new learner
     */
    public Learner create(Settings settings, LearnerSetup setup) {
        return valueBased()
                ? new Qmix(setup, settings.get(QmixConfig.class))
                : new Sac(settings.get(SacConfig.class), setup);
    }
}
