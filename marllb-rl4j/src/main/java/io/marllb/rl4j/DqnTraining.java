package io.marllb.rl4j;

import io.marllb.core.rl.Env;
import io.marllb.policies.frozen.NetworkSpec;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.function.DoubleConsumer;
import java.util.function.Supplier;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.deeplearning4j.rl4j.learning.IEpochTrainer;
import org.deeplearning4j.rl4j.learning.ILearning;
import org.deeplearning4j.rl4j.learning.configuration.QLearningConfiguration;
import org.deeplearning4j.rl4j.learning.listener.TrainingListener;
import org.deeplearning4j.rl4j.learning.sync.qlearning.discrete.QLearningDiscreteDense;
import org.deeplearning4j.rl4j.network.dqn.DQN;
import org.deeplearning4j.rl4j.network.dqn.IDQN;
import org.deeplearning4j.rl4j.util.IDataManager;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions;

/**
 * RL4J's double DQN on one of our environments: a DL4J network of ReLU layers with a linear output, a value per choice, the target network copied
 * every so often, a uniform replay memory (Mnih et al., 2015; van Hasselt et al., 2016). One thread. The same seed gives the same parameters on one
 * kind of CPU with one BLAS thread.
 *
 * <p>ND4J's generator belongs to the process: no other training may run in it at the same time.
 */
public final class DqnTraining {

    private static final double ERROR_CLAMP = 1; // of the temporal difference, as Mnih et al. (2015) clip it

    private final DqnConfig config;
    private final MultiLayerNetwork network;

    private DqnTraining(DqnConfig config, MultiLayerNetwork network) {
        this.config = config;
        this.network = network;
    }

    /**
     * Trains from scratch, which may take a while: about 8 ms per step.
     *
     * @param environment makes the environment, whose actions must be one discrete choice
     * @param maxEpisodeSteps where RL4J cuts an episode on its own; give the environment's horizon
     * @param config sizes and rates
     * @param seed root of everything that is drawn
     * @param episodeReturns is told the return of each episode that ended
     * @return the finished training
     */
    public static DqnTraining run(
            Supplier<Env> environment,
            int maxEpisodeSteps,
            DqnConfig config,
            long seed,
            DoubleConsumer episodeReturns) {
        Objects.requireNonNull(episodeReturns, "episodeReturns");
        Nd4j.setDefaultDataTypes(DataType.FLOAT, DataType.FLOAT);
        EnvMdp mdp = new EnvMdp(environment, seed);
        try {
            MultiLayerNetwork network = network(
                    mdp.getObservationSpace().getShape()[0],
                    mdp.getActionSpace().getSize(),
                    config,
                    Nd4jSeeds.of(seed, "rl4j.network"));
            QLearningConfiguration settings = QLearningConfiguration.builder()
                    .seed(Nd4jSeeds.of(seed, "rl4j.learning"))
                    .maxEpochStep(maxEpisodeSteps)
                    .maxStep(config.steps())
                    .gamma(config.discount())
                    .rewardFactor(config.rewardFactor())
                    .expRepMaxSize(config.replay())
                    .batchSize(config.batch())
                    .targetDqnUpdateFreq(config.targetEvery())
                    .updateStart(config.warmUp())
                    .errorClamp(ERROR_CLAMP)
                    .minEpsilon(config.finalEpsilon())
                    .epsilonNbStep(config.epsilonSteps())
                    .doubleDQN(true)
                    .build();
            QLearningDiscreteDense<EnvObservation> learning = learning(mdp, network, settings);
            learning.addListener(new Returns(episodeReturns));
            learning.train();
            return new DqnTraining(config, network);
        } finally {
            mdp.close();
        }
    }

    @SuppressWarnings({"rawtypes", "deprecation"}) // as RL4J has it; what should replace it never became whole
    private static QLearningDiscreteDense<EnvObservation> learning(
            EnvMdp mdp, MultiLayerNetwork network, QLearningConfiguration settings) {
        IDQN dqn = new DQN(network);
        return new QLearningDiscreteDense<>(mdp, dqn, settings);
    }

    private static MultiLayerNetwork network(int inputs, int outputs, DqnConfig config, long seed) {
        NeuralNetConfiguration.ListBuilder layers = new NeuralNetConfiguration.Builder()
                .seed(seed)
                .dataType(DataType.FLOAT)
                .updater(new Adam(config.learningRate()))
                .weightInit(WeightInit.XAVIER)
                .list();
        int width = inputs;
        for (int l = 0; l < config.layers(); l++) {
            layers.layer(new DenseLayer.Builder()
                    .nIn(width)
                    .nOut(config.hidden())
                    .activation(Activation.RELU)
                    .build());
            width = config.hidden();
        }
        layers.layer(new OutputLayer.Builder(LossFunctions.LossFunction.MSE)
                .nIn(width)
                .nOut(outputs)
                .activation(Activation.IDENTITY)
                .build());
        MultiLayerNetwork network = new MultiLayerNetwork(layers.build());
        network.init();
        return network;
    }

    /**
     * The network's shape in our terms: the hidden layers "before", no memory, a value per choice.
     *
     * @return the specification whose parameters {@link #parameters} holds
     */
    public NetworkSpec.Recurrent spec() {
        int inputs = network.layerInputSize(0);
        int outputs = network.getOutputLayer().getParam("W").columns();
        return new NetworkSpec.Recurrent(
                inputs, Collections.nCopies(config.layers(), config.hidden()), 0, List.of(), outputs);
    }

    /**
     * What was learnt, in the order of {@link #spec}.
     *
     * @return a new array, {@code [spec().parameters()]}
     */
    public float[] parameters() {
        NetworkSpec.Recurrent spec = spec();
        float[] flat = new float[spec.parameters()];
        int layer = 0;
        for (NetworkSpec.Tensor t : spec.tensors()) {
            boolean weight = t.name().endsWith(".weight");
            INDArray values = network.getLayer(layer).getParam(weight ? "W" : "b");
            long[] shape = weight ? new long[] {t.rows(), t.columns()} : new long[] {t.columns()};
            if (!Arrays.equals(values.shape(), shape)) {
                throw new IllegalStateException(t.name() + " should be " + t.rows() + " x " + t.columns()
                        + ", but DL4J's layer " + layer + " has " + values.shapeInfoToString());
            }
            for (int r = 0; r < t.rows(); r++) { // element by element: DL4J keeps weights column by column
                for (int c = 0; c < t.columns(); c++) {
                    flat[t.offset() + r * t.columns() + c] = weight ? values.getFloat(r, c) : values.getFloat(c);
                }
            }
            layer += weight ? 0 : 1;
        }
        return flat;
    }

    /**
     * The values of all choices by DL4J itself, for comparison.
     *
     * @param observation {@code [inputs]}
     * @return a new array, a value per choice
     */
    public float[] values(float[] observation) {
        return network.output(Nd4j.createFromArray(new float[][] {observation})).toFloatVector();
    }

    /** Passes the return of each episode on. */
    private record Returns(DoubleConsumer episodes) implements TrainingListener {

        @Override
        public ListenerResponse onTrainingStart() {
            return ListenerResponse.CONTINUE;
        }

        @Override
        public void onTrainingEnd() {}

        @Override
        public ListenerResponse onNewEpoch(IEpochTrainer trainer) {
            return ListenerResponse.CONTINUE;
        }

        @Override
        public ListenerResponse onEpochTrainingResult(IEpochTrainer trainer, IDataManager.StatEntry entry) {
            episodes.accept(entry.getReward());
            return ListenerResponse.CONTINUE;
        }

        @Override
        @SuppressWarnings("rawtypes") // as RL4J declares it
        public ListenerResponse onTrainingProgress(ILearning learning) {
            return ListenerResponse.CONTINUE;
        }
    }
}
