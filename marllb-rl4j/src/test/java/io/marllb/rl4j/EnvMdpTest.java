package io.marllb.rl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.core.rl.Env;
import io.marllb.core.rl.WeightActions;
import io.marllb.env.LoadBalanceConfig;
import io.marllb.env.LoadBalanceEnv;
import io.marllb.env.reference.CartPole;
import io.marllb.env.scenario.Scenarios;
import java.util.Map;
import org.deeplearning4j.gym.StepReply;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

class EnvMdpTest {

    @Test
    void aTruncationIsDoneAndSaysSoInTheInfo() {
        EnvMdp mdp = new EnvMdp(() -> new CartPole(3), 1);
        mdp.reset();

        mdp.step(0);
        mdp.step(1);
        StepReply<EnvObservation> last = mdp.step(0);

        assertThat(last.isDone()).isTrue();
        assertThat(mdp.isDone()).isTrue();
        assertThat(last.getInfo()).isEqualTo(Map.of(EnvMdp.TERMINATED, false, EnvMdp.TRUNCATED, true));
        mdp.reset();
        assertThat(mdp.isDone()).isFalse();
        mdp.close();
    }

    @Test
    void aFallIsDoneAndTerminated() {
        EnvMdp mdp = new EnvMdp(CartPole::new, 1);
        mdp.reset();
        StepReply<EnvObservation> reply = mdp.step(1);
        while (!reply.isDone()) {
            reply = mdp.step(1);
        }

        assertThat(reply.getInfo()).isEqualTo(Map.of(EnvMdp.TERMINATED, true, EnvMdp.TRUNCATED, false));
        mdp.close();
    }

    @Test
    void theSameSeedGivesTheSameEpisodesAndLaterOnesDiffer() {
        EnvMdp one = new EnvMdp(CartPole::new, 7);
        EnvMdp two = new EnvMdp(CartPole::new, 7);

        double[] first = one.reset().toArray();
        assertThat(two.reset().toArray()).containsExactly(first);
        assertThat(two.step(1).getObservation().toArray())
                .containsExactly(one.step(1).getObservation().toArray());
        double[] second = one.reset().toArray();
        assertThat(second).isNotEqualTo(first);
        assertThat(two.reset().toArray()).containsExactly(second);
        one.close();
        two.close();
    }

    @Test
    void instancesHaveSeedsOfTheirOwnButAlwaysTheSame() {
        EnvMdp one = new EnvMdp(CartPole::new, 7);
        EnvMdp two = new EnvMdp(CartPole::new, 7);
        double[] a = one.newInstance().reset().toArray();
        double[] b = one.newInstance().reset().toArray();

        assertThat(a).isNotEqualTo(b).isNotEqualTo(one.reset().toArray());
        assertThat(two.newInstance().reset().toArray()).containsExactly(a);
        assertThat(two.newInstance().reset().toArray()).containsExactly(b);
        one.close();
        two.close();
    }

    @Test
    void observationsAreCopiesOfFloats() {
        float[] values = {1, 2, 3};
        EnvObservation observation = new EnvObservation(values);
        EnvObservation copy = observation.dup();
        values[0] = 9;
        INDArray data = observation.getData();
        data.putScalar(1, 9);

        assertThat(observation.toArray()).containsExactly(1, 2, 3);
        assertThat(copy.toArray()).containsExactly(1, 2, 3);
        assertThat(data.dataType()).isEqualTo(DataType.FLOAT);
        assertThat(data.shape()).containsExactly(1, 3);
    }

    @Test
    void loadBalancingHasAChoicePerServerAndOneForNone() {
        EnvMdp mdp = new EnvMdp(() -> loadBalance(WeightActions.BOOST), 3);
        int servers = Scenarios.load("quickstart").slots();

        assertThat(mdp.getActionSpace().getSize()).isEqualTo(servers + 1);
        assertThat(mdp.reset().toArray()).hasSize(mdp.getObservationSpace().getShape()[0]);
        assertThat(mdp.step(servers).getReward()).isFinite();
        mdp.close();
    }

    @Test
    void otherActionsAreRefusedWithTheWayOut() {
        assertThatThrownBy(() -> new EnvMdp(() -> loadBalance(WeightActions.LEVELS), 3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("MultiDiscrete")
                .hasMessageContaining("set actions to boost-2");
    }

    private static Env loadBalance(WeightActions actions) {
        return new LoadBalanceEnv(LoadBalanceConfig.of(Scenarios.load("quickstart"))
                .withActions(actions)
                .withHorizon(4));
    }
}
