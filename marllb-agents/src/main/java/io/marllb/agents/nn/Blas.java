package io.marllb.agents.nn;

import org.bytedeco.openblas.global.openblas_nolapack;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOpsHolder;

/** The library behind ND4J's matrix products, OpenBLAS, set up as everything here expects it: float32 and one thread. Thread-safe. */
public final class Blas {

    private Blas() {}

    /** Loads ND4J, once, and pins it to one thread: more only wait for each other at our sizes, and could change the order of additions. */
    static void prepare() {
        Once.load();
    }

    /** A class is initialised once, by one thread, when it is first used. */
    private static final class Once {

        static {
            Nd4j.setDefaultDataTypes(DataType.FLOAT, DataType.FLOAT);
            openblas_nolapack.blas_set_num_threads(1);
            NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(1);
        }

        private static void load() {}
    }

    /**
     * The release of OpenBLAS.
     *
     * @return such as {@code "OpenBLAS 0.3.26"}
     */
    public static String version() {
        return openblas_nolapack.OPENBLAS_VERSION.strip();
    }

    /**
     * Threads of one product.
     *
     * @return 1
     */
    public static int threads() {
        prepare();
        return openblas_nolapack.blas_get_num_threads();
    }
}
