"""Representations: sparse, stable, adversarial, compressed, informative.

What the lectures say about features, in five parts: sparse coding, wavelet scattering, inputs found
by gradients, compressed layers, and mutual information.
"""

from tdlcourse.representations._adversarial import activation_max as activation_max
from tdlcourse.representations._adversarial import fgsm as fgsm
from tdlcourse.representations._adversarial import hint_loss as hint_loss
from tdlcourse.representations._adversarial import pgd_linf as pgd_linf
from tdlcourse.representations._information import binned_mi as binned_mi
from tdlcourse.representations._scattering import Filters1d as Filters1d
from tdlcourse.representations._scattering import morlet_filters as morlet_filters
from tdlcourse.representations._scattering import scatter1d as scatter1d
from tdlcourse.representations._scattering import scatter2d as scatter2d
from tdlcourse.representations._scattering import scattering_paths as scattering_paths
from tdlcourse.representations._sparse import basis_pursuit as basis_pursuit
from tdlcourse.representations._sparse import csc_dictionary as csc_dictionary
from tdlcourse.representations._sparse import fista as fista
from tdlcourse.representations._sparse import ista as ista
from tdlcourse.representations._sparse import mutual_coherence as mutual_coherence
from tdlcourse.representations._sparse import omp as omp
from tdlcourse.representations._tensor_train import tt_matrix as tt_matrix
from tdlcourse.representations._tensor_train import tt_matvec as tt_matvec
from tdlcourse.representations._tensor_train import tt_svd as tt_svd
from tdlcourse.representations._tensor_train import tucker2_conv as tucker2_conv
