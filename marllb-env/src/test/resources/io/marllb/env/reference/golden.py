"""Trajectories of Gymnasium's own environments, from a given state under given actions.

python golden.py (Gymnasium 1.3.0, NumPy 2.4.6) writes pendulum-v1.csv and cartpole-v1.csv beside this file.
Torques are multiples of 1/4, so that single precision holds them and their products exactly.
"""

import pathlib

import gymnasium as gym
import numpy as np

here = pathlib.Path(__file__).parent
origin = f"# golden.py with Gymnasium {gym.__version__}, NumPy {np.__version__}\n"


def fmt(*xs):
    return ",".join(repr(float(x)) for x in xs) + "\n"


with open(here / "pendulum-v1.csv", "w") as f:
    f.write(origin + "# start: angle 2.5, velocity -0.7\n# torque,cos,sin,velocity,reward\n")
    env = gym.make("Pendulum-v1").unwrapped
    env.reset(seed=0)
    env.state = np.array([2.5, -0.7])
    for t in range(200):
        u = round(8 * np.sin(0.1 * t)) / 4
        o, r, terminated, truncated, _ = env.step(np.array([u], dtype=np.float32))
        f.write(fmt(u, *o, r))

with open(here / "cartpole-v1.csv", "w") as f:
    f.write(origin + "# start: 0.01, -0.02, 0.03, -0.04\n# action,x,x velocity,angle,angular velocity,reward,terminated\n")
    env = gym.make("CartPole-v1").unwrapped
    env.reset(seed=0)
    env.state = np.array([0.01, -0.02, 0.03, -0.04])
    for t in range(500):
        x, _, theta, theta_dot = env.state
        a = int(theta + 0.3 * theta_dot + 0.02 * x > 0) if t < 150 else 1
        o, r, terminated, truncated, _ = env.step(a)
        f.write(fmt(a, *o, r, terminated))
        if terminated:
            break
