package io.marllb.rl4j;

import io.marllb.core.rl.Discrete;
import io.marllb.core.rl.Env;
import io.marllb.core.rl.StepResult;
import io.marllb.core.rng.Streams;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.deeplearning4j.gym.StepReply;
import org.deeplearning4j.rl4j.mdp.MDP;
import org.deeplearning4j.rl4j.space.ArrayObservationSpace;
import org.deeplearning4j.rl4j.space.DiscreteSpace;
import org.deeplearning4j.rl4j.space.ObservationSpace;
import org.nd4j.linalg.factory.Nd4j;

/**
 * An environment with one agent and one discrete choice as an MDP of RL4J.
 *
 * <p>RL4J has one flag for the end of an episode, so {@link StepReply#isDone} is {@code terminated || truncated} and RL4J takes the value behind a
 * truncation for 0, which is wrong: episodes that are cut should be long against {@code 1 / (1 - γ)}. {@link StepReply#getInfo} holds the two
 * flags as a Map with {@value #TERMINATED} and {@value #TRUNCATED}. Not thread-safe; RL4J's threads take {@link #newInstance} each.
 */
public final class EnvMdp implements MDP<EnvObservation, Integer, DiscreteSpace> {

    /** Key of the info: a Boolean, whether the task itself ended. */
    public static final String TERMINATED = "terminated";

    /** Key of the info: a Boolean, whether the episode was cut off. */
    public static final String TRUNCATED = "truncated";

    private final Supplier<Env> factory;
    private final long seed;
    private final Env env;
    private final StepResult result;
    private final float[] action = new float[1];
    private final DiscreteSpace actions;
    private final ObservationSpace<EnvObservation> observations;
    private boolean seeded;
    private boolean done;
    private int instances;

    /**
     * An MDP over a new environment.
     *
     * @param factory makes the environment, once here and once for each {@link #newInstance}; its action space must be {@link Discrete}
     * @param seed root of everything that this MDP and its instances draw
     * @throws IllegalArgumentException if the action space is of another kind
     */
    public EnvMdp(Supplier<Env> factory, long seed) {
        this.factory = Objects.requireNonNull(factory, "factory");
        this.seed = seed;
        this.env = factory.get();
        if (!(env.actionSpace() instanceof Discrete choice)) {
            env.close();
            throw new IllegalArgumentException(
                    env.name() + ": RL4J's DQN makes one discrete choice, but the actions are " + env.actionSpace()
                            + "; for load balancing set actions to boost-2");
        }
        this.result = StepResult.single(env.observationSpace().size());
        this.observations =
                new ArrayObservationSpace<>(new int[] {env.observationSpace().size()});
        this.actions = new DiscreteSpace(
                choice.n(), Nd4j.getRandomFactory().getNewRandomInstance(Nd4jSeeds.of(seed, "rl4j.actions")));
    }

    @Override
    public ObservationSpace<EnvObservation> getObservationSpace() {
        return observations;
    }

    @Override
    public DiscreteSpace getActionSpace() {
        return actions;
    }

    @Override
    public EnvObservation reset() {
        env.reset(
                seeded ? OptionalLong.empty() : OptionalLong.of(Streams.of(seed).seed("rl4j.env", 0)), result);
        seeded = true;
        done = false;
        return new EnvObservation(result.observation());
    }

    @Override
    public StepReply<EnvObservation> step(Integer choice) {
        action[0] = choice;
        env.step(action, result);
        done = result.ended(0);
        return new StepReply<>(
                new EnvObservation(result.observation()),
                result.reward(),
                done,
                Map.of(TERMINATED, result.terminated(), TRUNCATED, result.truncated()));
    }

    @Override
    public boolean isDone() {
        return done;
    }

    /**
     * Another MDP over an environment of its own, with a seed derived from this one's: the first, second, ... instance always have the same.
     *
     * @return a new MDP, not yet reset
     */
    @Override
    public EnvMdp newInstance() {
        return new EnvMdp(factory, Streams.of(seed).seed("rl4j.instance", instances++));
    }

    @Override
    public void close() {
        env.close();
    }
}
