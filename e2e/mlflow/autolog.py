"""MLflow's own example of automatic logging (examples/sklearn_autolog/linear_regression.py), as it is."""
import mlflow, numpy as np
from sklearn.linear_model import LinearRegression
mlflow.autolog()
X = np.array([[1, 1], [1, 2], [2, 2], [2, 3]]); y = np.dot(X, np.array([1, 2])) + 3
model = LinearRegression()
with mlflow.start_run() as run:
    model.fit(X, y)
print(run.info.run_id)
