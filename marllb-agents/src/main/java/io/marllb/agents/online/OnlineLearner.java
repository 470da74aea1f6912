package io.marllb.agents.online;

import io.marllb.agents.DivergenceException;
import io.marllb.agents.LearnerSetup;
import io.marllb.agents.Metrics;
import io.marllb.agents.replay.Episode;
import io.marllb.agents.sac.Sac;
import io.marllb.agents.sac.SacConfig;
import io.marllb.agents.train.Settings;
import io.marllb.policies.experience.Experience;
import io.marllb.policies.experience.ExperienceReader;
import io.marllb.policies.experience.ExperienceShape;
import io.marllb.policies.frozen.AgentFile;
import io.marllb.policies.frozen.AgentManifest;
import io.marllb.policies.frozen.CodecSpec;
import io.marllb.policies.frozen.Codecs;
import io.marllb.policies.frozen.Tensors;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Goes on with an agent that soft actor-critic trained, by the experience of one balancer's controller. Off-policy: what is recorded was chosen by the agent in
 * service, which does not explore, or by an earlier candidate on trial. Reward: minus the logarithm of the mean flow time of the interval. Not
 * thread-safe.
 */
public final class OnlineLearner {

    /** Steps of an episode: a minute at the usual interval; memory begins anew with each. */
    private static final int HORIZON = 240;

    private static final String SAC = "sac-gru";
    private static final String WINDOW = "time";
    private static final int LONGEST_WINDOW = 40;

    private final AgentFile from;
    private final ExperienceShape shape;
    private final Sac sac;
    private final Experience experience;
    private final List<float[]> seen = new ArrayList<>(); // of the run of intervals that goes on: one more than rewards
    private final List<float[]> acted = new ArrayList<>(); // as many as seen
    private final List<Float> rewarded = new ArrayList<>();
    private long transitions;

    /**
     * A learner that begins where an agent's training was.
     *
     * @param from with the state of its training
     * @param actor which of its networks, 0 if there is one
     * @param shape of the experience
     * @param changes settings to change, by name
     * @param seed of what is drawn
     * @throws IllegalArgumentException if the agent or the settings do not fit, saying why
     */
    public OnlineLearner(AgentFile from, int actor, ExperienceShape shape, Map<String, String> changes, long seed) {
        this.from = from;
        this.shape = shape;
        AgentManifest m = from.manifest();
        if (!m.algorithm().startsWith(SAC)) {
            throw new IllegalArgumentException(from.name() + " was trained by " + m.algorithm()
                    + ", but only sac-gru and sac-gru-single learn from recorded traffic; QMIX needs all balancers at once");
        }
        Tensors state = from.training()
                .orElseThrow(() -> new IllegalArgumentException(
                        from.name() + " has no state of a training; use the last.marllb of a training"));
        if (actor < 0 || actor >= m.actors()) {
            throw new IllegalArgumentException("actor must be in [0, " + m.actors() + "), but was " + actor);
        }
        CodecSpec codec = Codecs.parse(m.codec());
        if (!m.serves(shape.servers()) || codec.inputs(shape.servers()) != shape.inputs()) {
            throw new IllegalArgumentException(from.name() + " takes " + codec.inputs(Math.max(2, shape.servers()))
                    + " inputs, but the experience has " + shape.inputs() + " of " + shape.servers() + " servers");
        }
        sac = new Sac(
                config(m, changes),
                new LearnerSetup(
                        1,
                        shape.inputs(),
                        codec.actionSpace(shape.servers()),
                        0,
                        HORIZON,
                        shape.servers(),
                        codec.features(),
                        codec.globals(),
                        seed));
        sac.adopt(state, actor);
        experience = new Experience(shape);
    }

    /** As trained, with windows that online episodes always have, one set of parameters, and the changes. */
    private static SacConfig config(AgentManifest m, Map<String, String> changes) {
        Settings settings = Settings.of(SacConfig.defaults());
        Map<String, String> known = new LinkedHashMap<>();
        m.config().forEach((key, value) -> {
            if (settings.values().containsKey(key)) {
                known.put(key, value);
            }
        });
        if (known.getOrDefault(WINDOW, "0").equals("0")) {
            known.put(WINDOW, Integer.toString(LONGEST_WINDOW));
        }
        known.putAll(changes);
        return settings.with(known).get(SacConfig.class);
    }

    /**
     * Takes in what has been written since. What goes on without a break is learnt from a minute at a time.
     *
     * @param reader of the controller's folder
     * @return new transitions
     * @throws IOException if it cannot be read
     */
    public int take(ExperienceReader reader) throws IOException {
        int taken = 0;
        while (reader.next(experience)) {
            if (experience.follows && !seen.isEmpty() && !Float.isNaN(experience.reward)) {
                rewarded.add(experience.reward);
                taken++;
            } else {
                end();
            }
            seen.add(experience.inputs.clone());
            acted.add(experience.action.clone());
            if (rewarded.size() == HORIZON) {
                end();
                seen.add(experience.inputs.clone());
                acted.add(experience.action.clone());
            }
        }
        transitions += taken;
        return taken;
    }

    /** The run is over: it was cut, and would have gone on. */
    private void end() {
        int steps = rewarded.size();
        if (steps > 0) {
            Episode episode = new Episode(1, shape.inputs(), shape.actionSize(), 0, steps);
            episode.begin(new float[][] {seen.get(0)}, new float[0]);
            for (int t = 0; t < steps; t++) {
                episode.append(
                        new float[][] {acted.get(t)},
                        new double[] {rewarded.get(t)},
                        false,
                        t == steps - 1,
                        new float[][] {seen.get(t + 1)},
                        new float[0]);
            }
            episode.publish();
            sac.add(episode);
        }
        seen.clear();
        acted.clear();
        rewarded.clear();
    }

    /**
     * Whether there is enough to learn from.
     *
     * @return false while {@link #update} must not be called
     */
    public boolean ready() {
        return sac.ready();
    }

    /**
     * One update.
     *
     * @param metrics where losses go
     * @throws DivergenceException if it went wrong; parameters are as before
     */
    public void update(Metrics metrics) {
        sac.update(metrics);
    }

    /**
     * Transitions taken in.
     *
     * @return since the start
     */
    public long transitions() {
        return transitions;
    }

    /**
     * Updates made.
     *
     * @return since the start
     */
    public long updates() {
        return sac.updates();
    }

    /**
     * The agent as it is now.
     *
     * @param version of the program
     * @return to serve; without the state of the training
     */
    public AgentFile agent(String version) {
        float[] flat = new float[sac.actor().parameters()];
        sac.copyActor(0, flat);
        AgentManifest m = from.manifest();
        Map<String, String> summary = new LinkedHashMap<>();
        summary.put("online-transitions", Long.toString(transitions));
        summary.put("online-updates", Long.toString(sac.updates()));
        AgentFile agent = AgentFile.of(
                m.withBalancers(shape.balancers(), 1).withSummary(summary).withEnvironment(version, m.environment()),
                List.of(flat));
        return from.scaling().map(agent::withScaling).orElse(agent);
    }

    /**
     * The same with what is needed to go on from here; the experience is read again then.
     *
     * @param version of the program
     * @return for the constructor
     */
    public AgentFile state(String version) {
        Tensors all = new Tensors();
        sac.saveParameters(all);
        return agent(version).withTraining(all);
    }
}
